//! Tests of `init` over trees of files as distributions, panels and images lay them.

use crate::program::{RunResult, Site, line};

const GPTBOT: &str = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0";

/// A tree of files that `init` looks at instead of this machine's.
struct Machine(Site);

impl Machine {
    fn new(files: &[(&str, &str)]) -> Machine {
        let site = Site::new("");
        std::fs::remove_file(site.path("config.toml")).unwrap();
        for (path, text) in files {
            site.write(&format!("root{path}"), text);
        }
        Machine(site)
    }

    fn init(&self) -> RunResult {
        self.0.run(&["init", "--yes", "--root", self.0.path("root").to_str().unwrap()])
    }

    /// Runs `init`, and returns the config that it wrote. The paths in it begin with `/`, as on the machine itself.
    fn config(&self) -> toml::Table {
        let result = self.init();
        assert_eq!(result.code, 0, "{}", result.stderr);
        let text = std::fs::read_to_string(self.0.path("config.toml")).unwrap();
        text.replace(self.0.path("root").to_str().unwrap(), "").parse().unwrap()
    }

    /// Returns the number of pings that a run counts under the config that was written.
    fn pings(&self) -> i64 {
        self.0.succeed(&["ingest"]);
        let connection = rusqlite::Connection::open(self.0.path("guestbook.db")).unwrap();
        let query = "SELECT sum(requests) FROM pings_by_name WHERE term != ''";
        connection.query_row(query, [], |row| row.get(0)).unwrap()
    }
}

/// Returns the lines of a small blog in the combined format.
fn blog() -> String {
    let articles = ["first", "second-post", "third", "fourth"];
    let requests = articles.iter().map(|name| {
        let path = format!("/blog/{name}");
        line("20/May/2026:10:00:00 +0000", &path, 200, GPTBOT)
            + &line("20/May/2026:10:00:01 +0000", &path, 200, FIREFOX)
    });
    requests.collect::<String>() + &line("20/May/2026:10:00:02 +0000", "/style.css", 200, FIREFOX)
}

fn paths(config: &toml::Table) -> Vec<&str> {
    let logs = config["logs"].as_array().unwrap().iter();
    logs.flat_map(|log| log["paths"].as_array().unwrap())
        .map(|path| path.as_str().unwrap())
        .collect()
}

const DEBIAN_NGINX: &str = r#"
user www-data;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 768; }
http {
	# access_log /nowhere;
	log_format vhosts '$host $remote_addr - $remote_user [$time_local] "$request" '
	                  '$status $body_bytes_sent "$http_referer" "$http_user_agent"';
	access_log /var/log/nginx/access.log;
	include /etc/nginx/conf.d/*.conf;
	include sites-enabled/*;
}
stream { server { listen 53; access_log /var/log/nginx/stream.log basic; } }
"#;

#[test]
fn nginx_on_debian() {
    let blog_site = r#"
server { listen 80; server_name www.blog.example blog.example; return 301 https://blog.example$request_uri; }
server {
    listen [::]:443 ssl;
    server_name blog.example www.blog.example ~^shop\d+$ "";
    root /var/www/blog;
    access_log /var/log/nginx/${server_name}.access.log combined buffer=32k;
    location = /favicon.ico { access_log off; log_not_found off; }
    location /lua { content_by_lua_block { ngx.say("}") } }
}
"#;
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", DEBIAN_NGINX),
        ("/etc/nginx/sites-enabled/blog", blog_site),
        ("/etc/nginx/sites-enabled/default", "server { listen 80 default_server; server_name _; }"),
        ("/var/log/nginx/access.log", ""),
        ("/var/log/nginx/blog.example.access.log", &blog()),
        ("/var/log/nginx/error.log", "2026/05/20 10:00:00 [error] 1#1: no"),
        ("/var/www/blog/robots.txt", "User-agent: *\nSitemap: https://blog.example/sitemap.xml\n"),
        ("/etc/timezone", "Europe/Vienna\n"),
    ]);
    let config = machine.config();
    assert_eq!(config["site"]["name"].as_str(), Some("www.blog.example"));
    assert_eq!(config["site"]["url"].as_str(), Some("https://www.blog.example/"));
    assert_eq!(config["site"]["timezone"].as_str(), Some("Europe/Vienna"));
    assert_eq!(paths(&config), ["/var/log/nginx/*.access.log*"]);
    assert_eq!(config["logs"][0]["format"].as_str(), Some("auto"));
    let patterns = config["terms"]["pattern"].as_array().unwrap();
    assert_eq!(patterns[0].as_str(), Some("^/blog/(?<term>[a-z0-9-]+)/?$"));
    assert_eq!(config["trust"]["refresh"].as_str(), Some("weekly"));
    let text = std::fs::read_to_string(machine.0.path("config.toml")).unwrap();
    assert!(text.contains("curl -o sitemap.xml https://blog.example/sitemap.xml"), "{text}");
    assert_eq!(machine.pings(), 4);
    machine.0.succeed(&["check"]);
    // A config is never overwritten.
    let again = machine.init();
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("config.toml exists"), "{}", again.stderr);
}

#[test]
fn sites_that_share_a_log_are_told_apart_by_their_host() {
    let line = |host: &str, line: &str| format!("{host} {line}");
    let log: String = blog().lines().map(|text| line("one.example", text) + "\n").collect();
    let log = log.clone() + &log.replace("one.example", "two.example");
    let sites = "server { server_name one.example; access_log /var/log/nginx/access.log vhosts; }\n\
                 server { server_name two.example; access_log /var/log/nginx/access.log vhosts; }";
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", DEBIAN_NGINX),
        ("/etc/nginx/sites-enabled/all", sites),
        ("/var/log/nginx/access.log", &log),
    ]);
    let config = machine.config();
    assert_eq!(config["logs"][0]["hosts"].as_array().unwrap()[0].as_str(), Some("one.example"));
    assert_eq!(machine.pings(), 4);

    // Without the host in the log, the config says that all count.
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", DEBIAN_NGINX),
        ("/etc/nginx/sites-enabled/all", &sites.replace(" vhosts", "")),
        ("/var/log/nginx/access.log", &blog()),
    ]);
    let config = machine.config();
    assert!(config["logs"][0].get("hosts").is_none());
    let text = std::fs::read_to_string(machine.0.path("config.toml")).unwrap();
    assert!(text.contains("# two.example writes to this log too"), "{text}");
}

#[test]
fn apache_on_debian() {
    let site = r#"
<VirtualHost *:80>
	ServerName example.org
	Redirect permanent / https://example.org/
	CustomLog ${APACHE_LOG_DIR}/example-http.log combined
</VirtualHost>
<IfModule mod_ssl.c>
<VirtualHost *:443>
	ServerName https://example.org:443
	ServerAlias www.example.org \
	            *.cdn.example.org
	DocumentRoot "/var/www/html"
	CustomLog "|/usr/bin/rotatelogs -l /var/log/apache2/example.%Y-%m-%d.log 86400" combined
</VirtualHost>
</IfModule>
<IfDefine OLD>
<VirtualHost *:81>
	ServerName old.example.org
	CustomLog ${APACHE_LOG_DIR}/example-http.log combined
</VirtualHost>
</IfDefine>
"#;
    let main = "ServerRoot \"/etc/apache2\"\nErrorLog ${APACHE_LOG_DIR}/error.log\n\
                LogFormat \"%h %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" combined\n\
                IncludeOptional conf-enabled/*.conf\nIncludeOptional sites-enabled/*.conf\n";
    let machine = Machine::new(&[
        ("/etc/apache2/apache2.conf", main),
        (
            "/etc/apache2/envvars",
            "SUFFIX=\nexport APACHE_LOG_DIR=/var/log/apache2$SUFFIX\nexport LANG=C\n",
        ),
        ("/etc/apache2/conf-enabled/other.conf", "CustomLog ${APACHE_LOG_DIR}/other.log combined"),
        ("/etc/apache2/sites-enabled/000-default.conf", site),
        ("/var/log/apache2/example.2026-05-20.log", &blog()),
        ("/var/log/apache2/example-http.log", ""),
        (
            "/var/www/html/sitemap.xml",
            "<urlset><url><loc>https://example.org/blog/fifth</loc></url></urlset>",
        ),
    ]);
    let config = machine.config();
    assert_eq!(config["site"]["url"].as_str(), Some("https://example.org/"));
    assert_eq!(paths(&config), ["/var/log/apache2/example.*-*-*.log*"]);
    assert_eq!(config["logs"][0]["format"].as_str(), Some("auto"));
    assert_eq!(config["terms"]["catalog"].as_str(), Some("/var/www/html/sitemap.xml"));
    assert_eq!(machine.pings(), 4);
}

#[test]
fn nginx_on_red_hat_with_a_format_of_its_own() {
    let conf = r#"
http {
    log_format  main  '$msec|$host|$remote_addr|$request_method|$request_uri|'
                      '$status|$body_bytes_sent|$http_user_agent';
    access_log  /var/log/nginx/access.log  main;
    include /etc/nginx/conf.d/*.conf;
}
"#;
    let log: String = ["/a/1", "/a/2", "/a/3"]
        .iter()
        .map(|path| format!("1779271200.123|example.org|192.0.2.1|GET|{path}|200|12|{GPTBOT}\n"))
        .collect();
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", conf),
        ("/etc/nginx/conf.d/a.conf", "server { server_name example.org; listen 443 ssl; }"),
        ("/var/log/nginx/access.log-20260520", &log),
    ]);
    let config = machine.config();
    let format = config["logs"][0]["format"]["nginx"].as_str().unwrap();
    assert!(format.starts_with("log_format main '$msec|"), "{format}");
    assert_eq!(machine.pings(), 3);
}

#[test]
fn httpd_on_red_hat() {
    let conf = "ServerRoot \"/etc/httpd\"\nListen 80\n<IfModule log_config_module>\n\
                LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" combined\n\
                CustomLog \"logs/access_log\" combined\n</IfModule>\nServerName blog.example:80\n";
    let machine = Machine::new(&[
        ("/etc/httpd/conf/httpd.conf", conf),
        ("/etc/httpd/logs/access_log", ""),
        ("/etc/httpd/logs/access_log-20260520", &blog()),
    ]);
    let config = machine.config();
    assert_eq!(paths(&config), ["/etc/httpd/logs/{access_log,access_log[.-][0-9]*}"]);
    assert_eq!(config["site"]["url"].as_str(), Some("http://blog.example/"));
    assert_eq!(machine.pings(), 4);
    // The log was empty. Its lines are found now, and after its next rotation.
    machine.0.write("root/etc/httpd/logs/access_log", blog().replace("20/May", "21/May"));
    assert_eq!(machine.pings(), 8);
    machine.0.write("root/etc/httpd/logs/access_log-20260522", blog().replace("20/May", "22/May"));
    assert_eq!(machine.pings(), 12);
}

#[test]
fn cpanel() {
    let host = |port: u16, name: &str, log: &str| {
        format!(
            "<VirtualHost 192.0.2.1:{port}>\n  ServerName {name}\n  ServerAlias mail.{name} www.{name}\n\
             <IfModule log_config_module>\n<IfModule logio_module>\n\
             CustomLog /etc/apache2/logs/domlogs/{name}-bytes_log \"%{{%s}}t %I .\\n%{{%s}}t %O .\"\n</IfModule>\n\
             CustomLog \"/etc/apache2/logs/domlogs/{log}\" combined\n</IfModule>\n</VirtualHost>\n"
        )
    };
    let conf = "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" combined\n"
        .to_owned()
        + &host(80, "big.example", "big.example")
        + &host(443, "big.example", "big.example-ssl_log")
        + &host(443, "big.example.net", "big.example.net-ssl_log");
    let machine = Machine::new(&[
        ("/etc/apache2/conf/httpd.conf", &conf),
        ("/etc/apache2/logs/domlogs/big.example", &blog()),
        ("/etc/apache2/logs/domlogs/big.example-ssl_log", &blog().replace("10:00", "11:00")),
        ("/etc/apache2/logs/domlogs/big.example-bytes_log", "1779271200 512 .\n"),
        ("/etc/apache2/logs/domlogs/big.example.net-ssl_log", &blog()[..400]),
    ]);
    let config = machine.config();
    assert_eq!(config["site"]["url"].as_str(), Some("https://big.example/"));
    assert_eq!(
        paths(&config),
        [
            "/etc/apache2/logs/domlogs/{big.example,big.example[.-][0-9]*}",
            "/etc/apache2/logs/domlogs/{big.example-ssl_log,big.example-ssl_log[.-][0-9]*}"
        ]
    );
    assert_eq!(machine.pings(), 8);
}

#[test]
fn plesk_passes_requests_from_nginx_to_apache() {
    let vhost = "/var/www/vhosts/system/example.org";
    let nginx = "server { listen 192.0.2.1:443 ssl; server_name example.org www.example.org;\n\
                 access_log \"/var/www/vhosts/system/example.org/logs/proxy_access_ssl_log\";\n\
                 location / { proxy_pass https://127.0.0.1:7081; } }";
    let apache = "<VirtualHost 127.0.0.1:7081>\nServerName \"example.org:443\"\n\
                  CustomLog /var/www/vhosts/system/example.org/logs/access_ssl_log plesklog\n</VirtualHost>\n";
    let main = "LogFormat \"%a %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" plesklog\n\
                IncludeOptional /var/www/vhosts/system/*/conf/httpd.conf\n";
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", "http { include /etc/nginx/plesk.conf.d/vhosts/*.conf; }"),
        ("/etc/nginx/plesk.conf.d/vhosts/example.org.conf", nginx),
        ("/etc/httpd/conf/httpd.conf", main),
        (&format!("{vhost}/conf/httpd.conf"), apache),
        (&format!("{vhost}/logs/proxy_access_ssl_log"), &blog()),
        (&format!("{vhost}/logs/access_ssl_log"), &blog()),
    ]);
    let result = machine.init();
    assert!(result.stderr.contains("would count twice"), "{}", result.stderr);
    std::fs::remove_file(machine.0.path("config.toml")).unwrap();
    assert_eq!(
        paths(&machine.config()),
        [format!("{vhost}/logs/{{proxy_access_ssl_log,proxy_access_ssl_log[.-][0-9]*}}")]
    );
    assert_eq!(machine.pings(), 4);
}

#[test]
fn caddy() {
    let caddyfile = r#"
{
	email admin@example.org
	log {
		output file /var/log/caddy/default.log
	}
}

(logging) {
	log {
		output file /var/log/caddy/{args[0]}.log {
			roll_size 100MiB
		}
		format json
	}
}

import sites/*.caddy

quiet.example {
	respond "no log"
}
"#;
    let blog = "blog.example, # the blog\nwww.blog.example:443 {\n\troot * /srv/blog\n\tfile_server\n\tlog\n}\n";
    let request = |path: &str, second: u32| {
        format!(
            "{{\"level\":\"info\",\"ts\":{}.5,\"logger\":\"http.log.access\",\"msg\":\"handled request\",\"request\":\
             {{\"remote_ip\":\"192.0.2.1\",\"proto\":\"HTTP/2.0\",\"method\":\"GET\",\"host\":\"blog.example\",\"uri\":\"{path}\",\
             \"headers\":{{\"User-Agent\":[\"{GPTBOT}\"]}}}},\"size\":12,\"status\":200}}\n",
            1_779_271_200 + second
        )
    };
    let lines = |start: u32| {
        (0..5).map(|n| request(&format!("/2026/05/post-{n}/"), start + n)).collect::<String>()
    };
    let machine = Machine::new(&[
        ("/etc/caddy/Caddyfile", caddyfile),
        ("/etc/caddy/sites/blog.caddy", blog),
        ("/var/log/caddy/default.log", &lines(100)),
        ("/var/log/caddy/default-2026-05-20T09-00-00.000.log", &lines(0)),
    ]);
    let result = machine.init();
    assert!(result.stderr.contains("Caddy logs no requests of quiet.example"), "{}", result.stderr);
    std::fs::remove_file(machine.0.path("config.toml")).unwrap();
    let config = machine.config();
    assert_eq!(config["site"]["url"].as_str(), Some("https://blog.example/"));
    assert_eq!(
        paths(&config),
        ["/var/log/caddy/{default.log*,default-[0-9][0-9][0-9][0-9]-*.log*}"]
    );
    assert_eq!(
        config["terms"]["pattern"].as_array().unwrap()[0].as_str(),
        Some("^/(?:[0-9]+/)+(?<term>[a-z0-9-]+)/?$")
    );
    assert_eq!(machine.pings(), 10);
}

#[test]
fn containers_of_docker() {
    let lines: String = blog()
        .lines()
        .map(|line| {
            let line = serde_json::to_string(&format!("{line}\n")).unwrap();
            format!(
                "{{\"log\":{line},\"stream\":\"stdout\",\"time\":\"2026-05-20T10:00:00.1Z\"}}\n"
            )
        })
        .collect();
    let other =
        "{\"log\":\"starting up\\n\",\"stream\":\"stderr\",\"time\":\"2026-05-20T10:00:00.1Z\"}\n";
    let machine = Machine::new(&[
        ("/var/lib/docker/containers/1a2b/1a2b-json.log", &lines),
        ("/var/lib/docker/containers/3c4d/3c4d-json.log", &other.repeat(20)),
    ]);
    let config = machine.config();
    assert_eq!(paths(&config), ["/var/lib/docker/containers/1a2b/1a2b-json.log*"]);
    assert_eq!(machine.pings(), 4);

    // The image of nginx logs to standard output, of which only the container's runtime knows.
    let machine = Machine::new(&[(
        "/etc/nginx/nginx.conf",
        "http { access_log /dev/stdout combined; server { server_name a.example; } }",
    )]);
    let result = machine.init();
    assert_eq!(result.code, 1);
    assert!(
        result.stderr.contains("writes the log of a.example to /dev/stdout"),
        "{}",
        result.stderr
    );
    assert!(result.stderr.contains("no access log was found"), "{}", result.stderr);
}

#[test]
fn pages_that_the_query_tells_are_proposed() {
    let targets = ["Main_Page", "Amazonbot", "Robots.txt", "Help:Contents"];
    let requests = targets.iter().flat_map(|title| {
        [
            format!("/w/index.php?title={title}"),
            format!("/w/index.php?title={title}&action=history"),
        ]
    });
    let log: String =
        requests.map(|target| line("20/May/2026:10:00:00 +0000", &target, 200, GPTBOT)).collect();
    let machine = Machine::new(&[]);
    machine.0.write("wiki.log", log);
    machine.0.succeed(&["init", "--yes", "wiki.log"]);
    let text = std::fs::read_to_string(machine.0.path("config.toml")).unwrap();
    assert!(text.contains("parameter = \"title\""), "{text}");
    assert_eq!(machine.pings(), 8);
}

#[test]
fn pages_of_two_folders_with_one_name_are_two_terms() {
    let names = ["asyncio", "gil", "mro"];
    let log: String = names
        .iter()
        .flat_map(|name| {
            [
                format!("/blog/{name}"),
                format!("/glossary/{name}.html"),
                format!("/blog/tag/{name}/x"),
            ]
        })
        .map(|path| line("20/May/2026:10:00:00 +0000", &path, 200, GPTBOT))
        .collect();
    let machine = Machine::new(&[]);
    machine.0.write("access.log", log);
    let output = machine.0.succeed(&["init", "access.log"]);
    assert!(output.contains("terms   /blog/*, /glossary/*: 6 terms"), "{output}");
    machine.0.succeed(&["ingest"]);
    let terms = machine.0.succeed(&["terms"]);
    assert!(terms.contains("blog/asyncio") && terms.contains("glossary/asyncio"), "{terms}");
}

#[test]
fn nothing_to_find_is_an_error_that_says_what_to_do() {
    let machine = Machine::new(&[("/etc/hosts", "127.0.0.1 localhost")]);
    let result = machine.init();
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("guestbook init /path/to/access.log*"), "{}", result.stderr);
    machine.0.write("noise.log", "nothing\n".repeat(50));
    let result = machine.0.run(&["init", "noise.log"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("no request could be read from noise.log"), "{}", result.stderr);
    assert!(!machine.0.path("config.toml").exists());
}

/// Returns a log in which an agent asks for each target once.
fn asked(targets: impl IntoIterator<Item = String>) -> String {
    targets
        .into_iter()
        .map(|target| line("20/May/2026:10:00:00 +0000", &target, 200, GPTBOT))
        .collect()
}

#[test]
fn visitors_write_nothing_into_the_config() {
    let evil = "/%0A%0A%5Bmetrics%5D%0Afile%20%3D%20%22PWNED%22%0A%23";
    let targets = (0..6).map(|n| format!("{evil}?id=x{n}"));
    let targets = targets.chain((0..6).map(|n| format!("/a%0A%1B%5B31m'\"\"\"'''/{n}-page")));
    let targets = targets.chain((0..6).map(|n| format!("/good/page-{n}?a%0Ab=%0A{n}")));
    let machine = Machine::new(&[]);
    machine.0.write("access.log", asked(targets));
    let result = machine.0.run(&["init", "--yes", "access.log"]);
    assert_eq!(result.code, 0, "{}", result.stderr);
    let text = std::fs::read_to_string(machine.0.path("config.toml")).unwrap();
    let config: toml::Table = text.parse().unwrap();
    assert!(config.get("metrics").is_none(), "{text}");
    assert!(!text.contains('\u{1b}') && !result.text().contains('\u{1b}'));
    machine.0.succeed(&["ingest"]);
    assert!(!machine.0.path("PWNED").exists());
}

#[test]
fn lines_for_other_servers_are_no_hosts_of_a_log() {
    let log = asked((0..6).map(|n| format!("/blog/page-{n}")))
        + &line("20/May/2026:10:00:00 +0000", "http://azenv.example.net/env.php", 200, GPTBOT);
    let sites = "server { server_name one.example; }\nserver { server_name two.example; }\n\
                 server { listen 80 default_server; server_name _; }";
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", DEBIAN_NGINX),
        ("/etc/nginx/sites-enabled/all", sites),
        ("/var/log/nginx/access.log", &log),
    ]);
    let result = machine.init();
    assert!(!result.text().contains("azenv"));
    let text = std::fs::read_to_string(machine.0.path("config.toml")).unwrap();
    assert!(text.contains("# two.example, the default site writes to this log too"), "{text}");
    assert!(!text.contains("hosts = "), "{text}");
    assert_eq!(machine.pings(), 6);
    // A log that is named is shared all the same.
    std::fs::remove_file(machine.0.path("config.toml")).unwrap();
    let root = machine.0.path("root");
    let log = root.join("var/log/nginx/access.log");
    machine.0.succeed(&["init", "--root", root.to_str().unwrap(), log.to_str().unwrap()]);
    let text = std::fs::read_to_string(machine.0.path("config.toml")).unwrap();
    assert!(text.contains("writes to this log too"), "{text}");
}

#[test]
fn the_logs_of_other_sites_are_left_alone() {
    let sites = "server { server_name shop.example; access_log /var/log/nginx/shop.log; }\n\
                 server { server_name shop2.example; access_log /var/log/nginx/shop-2.log; }\n\
                 server { server_name .a.example; access_log /var/log/nginx/a.log; }\n\
                 server { server_name ~^b; access_log /var/log/nginx/b.log; }\n\
                 server { server_name ~^c; access_log /var/log/nginx/c.log; }";
    let apache = "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" combined\n\
                  Include vhosts/\n";
    let vhosts = "<VirtualHost *:80>\nServerName blog.example.com\n\
                  CustomLog /domlogs/blog.example.com combined\n</VirtualHost>\n";
    let pages =
        |folder: &str, count: usize| asked((0..count).map(|n| format!("/{folder}/page-{n}")));
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", DEBIAN_NGINX),
        ("/etc/nginx/sites-enabled/all", sites),
        ("/var/log/nginx/shop.log", &pages("shop", 20)),
        ("/var/log/nginx/shop-2.log", &pages("second", 5)),
        ("/var/log/nginx/a.log", &pages("a", 5)),
        ("/var/log/nginx/b.log", &pages("b", 5)),
        ("/var/log/nginx/c.log", &pages("c", 5)),
        ("/etc/apache2/apache2.conf", apache),
        ("/etc/apache2/vhosts/blog.conf", vhosts),
        ("/domlogs/blog.example.com", &pages("blog", 30)),
        ("/domlogs/blog.example.com-20260519", &pages("blog", 6).replace("20/May", "19/May")),
        ("/domlogs/blog.example.com.au", &pages("au", 5)),
    ]);
    let result = machine.init();
    let left_out = |words: &str| result.stderr.contains(&format!("leaves out {words} ("));
    assert!(
        left_out("shop.example") && left_out("shop2.example") && left_out("a.example"),
        "{}",
        result.stderr
    );
    assert_eq!(
        result.stderr.matches("leaves out a site without a name").count(),
        2,
        "{}",
        result.stderr
    );
    assert_eq!(machine.pings(), 36);
}

#[test]
fn articles_of_two_days_with_one_name_are_two_terms() {
    let dated = (1..=6).map(|month| format!("/2026/{month:02}/links/"));
    let others = (1..=6).map(|month| format!("/2026/{month:02}/post-{month}/"));
    let pages = (1..=6).map(|n| format!("/page-{n}")).chain(["/links".into()]);
    let machine = Machine::new(&[]);
    machine.0.write("access.log", asked(dated.chain(others).chain(pages)));
    machine.0.succeed(&["init", "--yes", "access.log"]);
    machine.0.succeed(&["ingest"]);
    let terms = machine.0.succeed(&["terms"]);
    assert_eq!(terms.lines().count(), 1 + 6 + 6 + 7, "{terms}");
    assert!(terms.contains("2026/01/links"), "{terms}");
}

#[test]
fn a_log_with_thousands_of_folders_is_no_trouble() {
    let users = (0..4000).flat_map(|user| (0..3).map(move |n| format!("/user-{user}/page-{n}")));
    let machine = Machine::new(&[]);
    machine.0.write("access.log", asked(users));
    let output = machine.0.succeed(&["init", "--yes", "access.log"]);
    assert!(output.lines().count() < 30, "{output}");
}

#[test]
fn configs_that_include_each_other_or_nest_without_end_are_no_trouble() {
    let include = "include /etc/nginx/*.conf;\n".repeat(6);
    let site = "server { server_name a.example; access_log /var/log/nginx/a.log; }";
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", &format!("http {{ {include} {site} }}")),
        ("/etc/nginx/b.conf", &include),
        ("/etc/nginx/c.conf", &(include.clone() + &"a{".repeat(200_000))),
        ("/var/log/nginx/a.log", &blog()),
        ("/etc/nginx/large.conf", &"# padding\n".repeat(600_000)),
        ("/etc/caddy/Caddyfile", &"a {\n".repeat(200_000)),
    ]);
    // A folder may also be given as it is seen from here.
    let result = machine.0.run(&["init", "--yes", "--root", "root"]);
    assert_eq!(result.code, 0, "{}", result.stderr);
    assert!(
        result.stderr.contains("large.conf can't be read: it is too large"),
        "{}",
        result.stderr
    );
    assert_eq!(machine.pings(), 4);
}

#[test]
#[cfg(unix)]
fn links_lead_out_of_no_foreign_tree() {
    let machine = Machine::new(&[
        ("/etc/nginx/nginx.conf", DEBIAN_NGINX),
        ("/var/log/nginx/access.log", &blog()),
    ]);
    std::fs::create_dir_all(machine.0.path("root/etc/nginx/sites-enabled")).unwrap();
    let link = machine.0.path("root/etc/nginx/sites-enabled/a");
    std::os::unix::fs::symlink("/etc/hostname", link).unwrap();
    let result = machine.init();
    assert!(
        result.stderr.contains("sites-enabled/a is a link that leads elsewhere"),
        "{}",
        result.stderr
    );
}
