//! The table of formats that need no configuration.

use jiff::tz::TimeZone;

use super::columns::{self, ColumnsPlan, ColumnsPreset};
use super::keyed::{self, KeyedPlan, KeyedPreset};
use super::plan::Plan;
use super::record::Encoding;
use super::{Engine, Format, Reader, ncsa, template};

/// A well-known text format.
struct Preset {
    /// What config and `parse` call it.
    name: &'static str,
    /// Presets of one family may mix in one log, and are told apart line by line.
    family: &'static str,
    template: Template,
    encoding: Encoding,
}

/// A format string, in the language of the server that fits it best.
enum Template {
    Apache(&'static str),
    Nginx(&'static str),
    /// None: the family's engine finds what the lines have in common.
    Ncsa,
}

use Template::{Apache, Nginx};

const fn preset(name: &'static str, family: &'static str, template: Template) -> Preset {
    Preset { name, family, template, encoding: Encoding::Backslash }
}

const fn haproxy(name: &'static str, template: &'static str) -> Preset {
    Preset { name, family: "haproxy", template: Nginx(template), encoding: Encoding::Hash }
}

/// All text formats. Within a family, the one that says most comes first; of two families that fit
/// equally well, the first is taken. Whatever follows the last item of a line is passed over.
const PRESETS: &[Preset] = &[
    // httpd.apache.org, mod_log_config; nginx.org, ngx_http_log_module. So write Varnish, gunicorn,
    // Jetty, Tomcat and LiteSpeed, and with more behind it ingress-nginx and Traefik.
    preset("combined", "ncsa", Apache(r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#)),
    preset(
        "vhost_combined",
        "ncsa",
        Nginx(
            r#"$vhost $peer $ident $remote_user [$time_local] "$request" $status $bytes_sent "$http_referer" "$http_user_agent""#,
        ),
    ),
    preset("common", "ncsa", Apache(r#"%h %l %u %t "%r" %>s %b"#)),
    preset(
        "vhost_common",
        "ncsa",
        Nginx(r#"$vhost $peer $ident $remote_user [$time_local] "$request" $status $bytes_sent"#),
    ),
    // redmine.lighttpd.net, mod_accesslog: the host is the second column.
    preset("lighttpd", "ncsa", Apache(r#"%h %V %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#)),
    // cPanel's own daemons write the month as a number.
    preset(
        "cpanel",
        "ncsa",
        Apache(r#"%h %l %u [%{%m/%d/%Y:%H:%M:%S %z}t] "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#),
    ),
    preset(ncsa::NAME, ncsa::FAMILY, Template::Ncsa),
    // docs.aws.amazon.com, access logs for Application Load Balancers; more may follow.
    preset(
        "alb",
        "alb",
        Nginx(
            r#"$type $time_iso8601 $elb $client $target $t1 $t2 $t3 $status $target_status $received $bytes_sent "$request" "$http_user_agent""#,
        ),
    ),
    // docs.aws.amazon.com, access logs for Classic Load Balancers; the old ones end with the request.
    preset(
        "elb",
        "elb",
        Nginx(
            r#"$time_iso8601 $elb $client $backend $t1 $t2 $t3 $status $backend_status $received $bytes_sent "$request" "$http_user_agent""#,
        ),
    ),
    preset(
        "elb_old",
        "elb",
        Nginx(
            r#"$time_iso8601 $elb $client $backend $t1 $t2 $t3 $status $backend_status $received $bytes_sent "$request""#,
        ),
    ),
    // docs.aws.amazon.com, Amazon S3 server access log format; the old ones end with the user agent.
    preset(
        "s3",
        "s3",
        Nginx(
            r#"$owner $bucket [$time_local] $remote_addr $requester $id $operation $key "$request" $status $error $bytes_sent $size $total $turnaround "$http_referer" "$http_user_agent" $version $host_id $signature $cipher $authentication $host"#,
        ),
    ),
    preset(
        "s3_old",
        "s3",
        Nginx(
            r#"$owner $bucket [$time_local] $remote_addr $requester $id $operation $key "$request" $status $error $bytes_sent $size $total $turnaround "$http_referer" "$http_user_agent""#,
        ),
    ),
    // docs.haproxy.org, 8.2.3: with two blocks of captured headers, one, or none.
    haproxy(
        "haproxy",
        r#"$client [$haproxy_time] $frontend $backend $timers $status $bytes_sent $c1 $c2 $state $conns $queues {$captured} {$response} "$request""#,
    ),
    haproxy(
        "haproxy_one",
        r#"$client [$haproxy_time] $frontend $backend $timers $status $bytes_sent $c1 $c2 $state $conns $queues {$captured} "$request""#,
    ),
    haproxy(
        "haproxy_none",
        r#"$client [$haproxy_time] $frontend $backend $timers $status $bytes_sent $c1 $c2 $state $conns $queues "$request""#,
    ),
    // istio.io: Envoy's, with more columns about the connection, its other end among them.
    preset(
        "istio",
        "envoy",
        Nginx(
            r#"[$time_iso8601] "$request" $status $flags $details $ended "$failure" $received $bytes_sent $duration $upstream "$remote_addr" "$http_user_agent" "$id" "$host" "$upstream_host" $cluster $upstream_local $downstream_local $client"#,
        ),
    ),
    // envoyproxy.io, the default access log; the address is what the proxies before it say.
    preset(
        "envoy",
        "envoy",
        Nginx(
            r#"[$time_iso8601] "$request" $status $flags $received $bytes_sent $duration $upstream "$remote_addr" "$http_user_agent" "$id" "$host""#,
        ),
    ),
    // wiki.squid-cache.org, the native format, perhaps with the headers behind it; old versions have no
    // content type.
    preset(
        "squid",
        "squid",
        Nginx(
            r#"$msec $padded $remote_addr $word/$status $bytes_sent $request_method $request_uri $user $word"#,
        ),
    ),
    preset(
        "squid_headers",
        "squid",
        Nginx(
            r#"$msec $padded $remote_addr $word/$status $bytes_sent $request_method $request_uri $user $hierarchy $type "$http_referer" "$http_user_agent""#,
        ),
    ),
    // docs.bunny.net, log format of the CDN.
    preset(
        "bunny",
        "bunny",
        Nginx(
            "$cache|$status|$any_time|$bytes_sent|$zone|$remote_addr|$http_referer|$request_uri|$edge|$http_user_agent|$id|$country",
        ),
    ),
    // nginxproxymanager.com, its proxy hosts' logs, and those of its redirections.
    preset(
        "nginx_proxy_manager",
        "nginx_proxy_manager",
        Nginx(
            r#"[$time_local] $cache $upstream_status $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $bytes_sent] [Gzip $ratio] [Sent-to $server] "$http_user_agent" "$http_referer""#,
        ),
    ),
    preset(
        "nginx_proxy_manager_standard",
        "nginx_proxy_manager",
        Nginx(
            r#"[$time_local] $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $bytes_sent] [Gzip $ratio] "$http_user_agent" "$http_referer""#,
        ),
    ),
    // github.com/ZoeyVid/NPMplus: the user agent has no quotes, and ends the line.
    preset(
        "npmplus",
        "npmplus",
        Nginx(
            r#"[$time_local] $host $remote_addr $seconds "$request" $status $bytes_sent $size $http_referer $http_user_agent"#,
        ),
    ),
    // github.com/tobychui/zoraxy, its access log.
    preset(
        "zoraxy",
        "zoraxy",
        Nginx(
            "[$any_time] [router:$router] [origin:$host] [client: $remote_addr] [useragent: $http_user_agent] $request_method $request_uri $status",
        ),
    ),
    // devcenter.heroku.com, the router's lines; it logs no user agent.
    preset(
        "heroku",
        "heroku",
        Nginx(
            r#"$time_iso8601 heroku[router]: at=$at method=$request_method path="$request_uri" host=$host request_id=$id fwd="$remote_addr" dyno=$dyno connect=$connect service=$service status=$status bytes=$bytes_sent"#,
        ),
    ),
    // uwsgi-docs.readthedocs.io; it logs no user agent.
    preset(
        "uwsgi",
        "uwsgi",
        Nginx(
            "[pid: $pid|app: $app|req: $count] $remote_addr ($user) {$vars} [$ctime] $request_method $request_uri => generated $bytes_sent bytes in $time_taken ($server_protocol $status)",
        ),
    ),
    // learn.microsoft.com, IIS log file format: local times, and no user agent.
    preset(
        "iis_native",
        "iis_native",
        Nginx(
            "$remote_addr, $user, $iis_time, $service, $server, $server_ip, $taken, $received, $bytes_sent, $status, $windows_status, $request_method, $request_uri, $args,",
        ),
    ),
];

/// A preset of any engine.
enum Any {
    Template(&'static Preset),
    Keyed(&'static KeyedPreset),
    Columns(&'static ColumnsPreset),
}

/// All presets, in the order in which they are tried.
fn all() -> impl Iterator<Item = Any> {
    let templates = PRESETS.iter().map(Any::Template);
    let keyed = keyed::PRESETS.iter().map(Any::Keyed);
    templates.chain(keyed).chain(columns::PRESETS.iter().map(Any::Columns))
}

impl Any {
    fn name(&self) -> &'static str {
        match self {
            Any::Template(preset) => preset.name,
            Any::Keyed(preset) => preset.name,
            Any::Columns(preset) => preset.name,
        }
    }

    /// One of another engine than the templates' is a family of its own.
    fn family(&self) -> &'static str {
        match self {
            Any::Template(preset) => preset.family,
            Any::Keyed(_) | Any::Columns(_) => self.name(),
        }
    }

    /// `zone` is for the times that carry none.
    fn reader(&self, zone: &TimeZone) -> Reader {
        let engine = match self {
            Any::Template(preset) => preset.engine(zone),
            Any::Keyed(preset) => Engine::Keyed(KeyedPlan::new(preset, zone)),
            Any::Columns(preset) => Engine::Columns(ColumnsPlan::new(preset, zone)),
        };
        Reader { name: self.name(), engine }
    }
}

impl Preset {
    fn engine(&self, zone: &TimeZone) -> Engine {
        let plan = match self.template {
            Apache(text) => template::apache(text, zone),
            Nginx(text) => template::nginx(text, zone),
            Template::Ncsa => return Engine::Ncsa(zone.clone()),
        };
        let plan = plan.expect("presets are tested");
        Engine::Template(Plan { encoding: self.encoding, is_strict: true, ..plan })
    }
}

/// The format that a preset's or a family's name stands for.
pub(super) fn format(name: &str, zone: &TimeZone) -> Option<Format> {
    let first = all().find(|preset| preset.name() == name || preset.family() == name)?;
    // A preset that has its family's name stands for the family.
    let whole = first.family() == name;
    let wanted =
        all().filter(|preset| if whole { preset.family() == name } else { preset.name() == name });
    let readers = wanted.map(|preset| preset.reader(zone)).collect();
    let name = if whole { first.family() } else { first.name() };
    Some(Format::of(name, readers))
}

/// The format that GoAccess calls by this name.
pub(super) fn of_goaccess(name: &str, zone: &TimeZone) -> Option<Format> {
    let own = match name.trim() {
        "COMBINED" | "VCOMBINED" | "COMMON" | "VCOMMON" | "TRAEFIKCLF" => "ncsa",
        "W3C" | "CLOUDFRONT" => "w3c",
        "CLOUDSTORAGE" => "csv",
        "AWSELB" => "elb",
        "AWSALB" => "alb",
        "AWSS3" => "s3",
        "SQUID" => "squid",
        "CADDY" => "caddy",
        _ => return None,
    };
    format(own, zone)
}

/// The families, in the order in which they are tried.
pub(super) fn families(zone: &TimeZone) -> Vec<Format> {
    let mut families: Vec<Format> = Vec::new();
    for preset in all() {
        let (family, reader) = (preset.family(), preset.reader(zone));
        match families.last_mut() {
            Some(last) if last.name == family => last.readers.push(reader),
            _ => families.push(Format::of(family, vec![reader])),
        }
    }
    families
}

/// What a format can be called in config: every preset's name.
pub(super) fn known() -> Vec<&'static str> {
    all().map(|preset| preset.name()).collect()
}
