//! The setting that adds the user agent to the lines of each format.

/// The setting that adds the user agent to a preset's lines, by the start of the preset's name.
const USER_AGENT: &[(&str, &str)] = &[
    ("nginx", "\"$http_user_agent\" in log_format"),
    ("apache", "\\\"%{User-Agent}i\\\" in LogFormat"),
    ("goaccess", "%u, and the matching variable to your server's log format"),
    ("json_keys", "user_agent = \"…\" to the keys"),
    ("w3c_columns", "cs(User-Agent) to the columns"),
    ("elb", "it by using an Application Load Balancer, which logs it"),
    ("haproxy", "capture request header User-Agent len 256"),
    ("squid", "logformat … \"%{Referer}>h\" \"%{User-Agent}>h\""),
    ("heroku", "it in a log line of the application, since the router does not log it"),
    ("uwsgi", "log-format = … \"%(uagent)\""),
    ("iis", "\"User Agent\" under Logging, Select Fields, in the W3C format"),
    ("w3c", "cs(User-Agent) to its #Fields: in IIS \"User Agent\" under Logging, Select Fields"),
    ("cloudfront", "the field cs(User-Agent)"),
    ("caddy", "it by logging the headers: log { format filter } must not delete them"),
    ("traefik_json", "accesslog.fields.headers.names.User-Agent=keep"),
    ("cloudflare", "the field ClientRequestUserAgent to the job"),
    ("akamai", "the behaviour \"Log User-Agent Header\" to the property"),
    ("envoy", "%REQ(USER-AGENT)%"),
    ("istio", "%REQ(USER-AGENT)%"),
];

/// The settings for all other presets: those of nginx, Apache, and Traefik, which writes Apache's format.
const OTHER_PRESETS: &str = "\"$http_user_agent\" (nginx), \\\"%{User-Agent}i\\\" (Apache) or \
                     accesslog.fields.headers.names.User-Agent=keep (Traefik)";

/// Returns the setting of the server that adds the user agent to a log, to follow the word "add". `preset` is the name
/// of the log's preset.
pub(crate) fn user_agent_advice(preset: &str) -> &'static str {
    let found = USER_AGENT.iter().find(|(start, _)| preset.starts_with(start));
    found.map_or(OTHER_PRESETS, |(_, advice)| advice)
}
