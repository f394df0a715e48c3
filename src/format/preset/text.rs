//! The presets of formats that are lines of text.

use crate::format::record::Encoding;

/// The family of the formats that descend from the NCSA common log format.
pub(crate) const NCSA: &str = "ncsa";

/// The preset for lines of that family that fit no template.
pub(crate) const NCSA_ANY: &str = "ncsa_any";

/// A well-known text format.
pub(crate) struct TextPreset {
    /// The name in config and in the output of `parse`.
    pub(crate) name: &'static str,
    /// The family. One log may mix presets of a family: each line is matched on its own.
    pub(crate) family: &'static str,
    pub(crate) template: PresetTemplate,
    pub(crate) encoding: Encoding,
}

/// A format string in the syntax of one server.
pub(crate) enum PresetTemplate {
    Apache(&'static str),
    Nginx(&'static str),
    /// No template: the family's engine finds the parts that all lines have in common.
    Ncsa,
}

use PresetTemplate::{Apache, Nginx};

const fn preset(name: &'static str, family: &'static str, template: PresetTemplate) -> TextPreset {
    TextPreset { name, family, template, encoding: Encoding::Backslash }
}

const fn haproxy(name: &'static str, template: &'static str) -> TextPreset {
    TextPreset { name, family: "haproxy", template: Nginx(template), encoding: Encoding::Hash }
}

/// All text formats. Within a family, the one with the most fields comes first. Of two families that fit equally well,
/// the first wins. Text after the last item of a line is ignored.
pub(crate) const TEXT: &[TextPreset] = &[
    // httpd.apache.org, mod_log_config; nginx.org, ngx_http_log_module. Also written by Varnish,
    // gunicorn, Jetty, Tomcat and LiteSpeed, and with more columns after it by ingress-nginx and Traefik.
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
    preset(NCSA_ANY, NCSA, PresetTemplate::Ncsa),
    // docs.aws.amazon.com, access logs for Application Load Balancers; more columns may follow.
    preset(
        "alb",
        "alb",
        Nginx(
            r#"$type $time_iso8601 $elb $client $target $t1 $t2 $t3 $status $target_status $received $bytes_sent "$request" "$http_user_agent""#,
        ),
    ),
    // docs.aws.amazon.com, access logs for Classic Load Balancers; old lines end with the request.
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
    // docs.aws.amazon.com, Amazon S3 server access log format; old lines end with the user agent.
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
    // istio.io: Envoy's format with more columns about the connection, such as the peer's address.
    preset(
        "istio",
        "envoy",
        Nginx(
            r#"[$time_iso8601] "$request" $status $flags $details $ended "$failure" $received $bytes_sent $duration $upstream "$remote_addr" "$http_user_agent" "$id" "$host" "$upstream_host" $cluster $upstream_local $downstream_local $client"#,
        ),
    ),
    // envoyproxy.io, the default access log; the address is the X-Forwarded-For header.
    preset(
        "envoy",
        "envoy",
        Nginx(
            r#"[$time_iso8601] "$request" $status $flags $received $bytes_sent $duration $upstream "$remote_addr" "$http_user_agent" "$id" "$host""#,
        ),
    ),
    // wiki.squid-cache.org, the native format, optionally followed by headers; old versions have no
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
            "$cache|$status|$parse_any_time|$bytes_sent|$zone|$remote_addr|$http_referer|$request_uri|$edge|$http_user_agent|$id|$country",
        ),
    ),
    // nginxproxymanager.com, the logs of proxy hosts, and those of redirections.
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
    // github.com/ZoeyVid/NPMplus: the user agent is the last column, without quotes.
    preset(
        "npmplus",
        "npmplus",
        Nginx(
            r#"[$time_local] $host $remote_addr $seconds "$request" $status $bytes_sent $size $http_referer $http_user_agent"#,
        ),
    ),
    // github.com/tobychui/zoraxy, the access log.
    preset(
        "zoraxy",
        "zoraxy",
        Nginx(
            "[$parse_any_time] [router:$router] [origin:$host] [client: $remote_addr] [useragent: $http_user_agent] $request_method $request_uri $status",
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
