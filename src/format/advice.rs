//! What a format's user can do to get more out of it.

use super::field::Field;
use super::plan::{Item, Plan};
use super::{Engine, Format};

/// By the start of a preset's name, what adds the user agent to its lines.
const USER_AGENT: &[(&str, &str)] = &[
    ("nginx", "\"$http_user_agent\" in log_format"),
    ("apache", "\\\"%{User-Agent}i\\\" in LogFormat"),
    ("goaccess", "%u, and to your server's format what it stands for"),
    ("json_keys", "user_agent = \"…\" to the keys"),
    ("w3c_columns", "cs(User-Agent) to the columns"),
    ("elb", "nothing, but use an Application Load Balancer, which logs it"),
    ("haproxy", "capture request header User-Agent len 256"),
    ("squid", "logformat … \"%{Referer}>h\" \"%{User-Agent}>h\""),
    ("heroku", "a log line of your own in the application, since the router has none"),
    ("uwsgi", "log-format = … \"%(uagent)\""),
    ("iis", "\"User Agent\" under Logging, Select Fields, in the W3C format"),
    ("w3c", "cs(User-Agent) to its #Fields: in IIS \"User Agent\" under Logging, Select Fields"),
    ("cloudfront", "the field cs(User-Agent)"),
    ("caddy", "nothing, but log the headers: log { format filter } must not delete them"),
    ("traefik_json", "accesslog.fields.headers.names.User-Agent=keep"),
    ("cloudflare", "the field ClientRequestUserAgent to the job"),
    ("akamai", "the behaviour \"Log User-Agent Header\" to the property"),
    ("envoy", "%REQ(USER-AGENT)%"),
    ("istio", "%REQ(USER-AGENT)%"),
];

/// nginx, Apache, and Traefik, which writes Apache's format.
const USUAL: &str = "\"$http_user_agent\" (nginx), \\\"%{User-Agent}i\\\" (Apache) or \
                     accesslog.fields.headers.names.User-Agent=keep (Traefik)";

impl Format {
    /// What adds the user agent to a log of this format that has none: the line of the server's config, to
    /// follow the word "add".
    pub fn user_agent_advice(&self) -> &'static str {
        let name = self.readers.first().map_or("", |reader| reader.name);
        let found = USER_AGENT.iter().find(|(start, _)| name.starts_with(start));
        found.map_or(USUAL, |(_, advice)| advice)
    }

    /// Whether its lines can say who asked: without a user agent no crawler can be named.
    pub fn has_user_agent(&self) -> bool {
        self.readers.iter().any(|reader| match &reader.engine {
            Engine::Template(plan) => plan.has_user_agent(),
            Engine::Columns(plan) if plan.is_fixed() => {
                plan.fields().any(|field| field == Field::UserAgent)
            }
            // Whether the server was asked for it, only the lines tell.
            Engine::Keyed(_) | Engine::Columns(_) | Engine::Ncsa(_) => true,
        })
    }

    /// What may go wrong with a directive of the user's own, in words: one sentence for each thing.
    pub fn warnings(&self) -> Vec<String> {
        let plans = self.readers.iter().filter_map(|reader| match &reader.engine {
            Engine::Template(plan) => Some(plan),
            _ => None,
        });
        plans.flat_map(Plan::ambiguous).collect()
    }
}

impl Plan {
    /// The items that may hold the text which is to end them.
    fn ambiguous(&self) -> impl Iterator<Item = String> {
        let unsure = self.steps.iter().filter(|step| {
            let spaced = match &step.item {
                Item::Is(field) => matches!(
                    field,
                    Field::Request
                        | Field::Target
                        | Field::Path
                        | Field::Query
                        | Field::Referrer
                        | Field::UserAgent
                ),
                Item::Skip => ["$http_", "$upstream_", "$sent_http_", "$cookie_", "%{"]
                    .iter()
                    .any(|start| step.name.starts_with(start)),
                _ => false,
            };
            spaced && step.until == b" "
        });
        unsure.map(|step| {
            let name = &step.name;
            format!("{name} may have spaces in it, and only a space ends it: write \"{name}\"")
        })
    }
}
