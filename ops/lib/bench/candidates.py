"""The origin and the proxies of a run: their configurations, as equal as the three can be, and how each is started.

All keep connections to both origin ports, add X-Forwarded-For, X-Forwarded-Proto and Via, and write no access log.
Ours has more to do than the peers: several routes, health checks, an affinity cookie, metrics and all time-outs."""

import os
import subprocess

from . import machine

ORIGIN = """
daemon off; worker_processes 1; pid {dir}/origin.pid; error_log {dir}/origin.log warn; {user}
events {{ worker_connections 16000; multi_accept on; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s; default_type text/plain;
  client_body_temp_path {dir}/o1; proxy_temp_path {dir}/o2; fastcgi_temp_path {dir}/o3;
  uwsgi_temp_path {dir}/o4; scgi_temp_path {dir}/o5;
  sendfile on; tcp_nopush on; open_file_cache max=100 inactive=600s; open_file_cache_valid 600s;
  server {{
    listen 127.0.0.1:{a} backlog=4096; listen 127.0.0.1:{b} backlog=4096; root {dir}/files;
    location = /100 {{ return 200 "{small}"; }}
    location = /health {{ return 200 "ok"; }}
  }}
  server {{
    listen 127.0.0.1:{c} backlog=4096 http2; root {dir}/files; http2_max_concurrent_streams 128;
    location = /o2/100 {{ return 200 "{small}"; }}
  }}
}}
"""

NGINX = """
daemon off; worker_processes {workers}; pid {dir}/nginx.pid; error_log {dir}/nginx.log warn; {user}
events {{ worker_connections 8000; multi_accept on; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s; sendfile on; tcp_nodelay on;
  client_body_temp_path {dir}/n1; proxy_temp_path {dir}/n2; fastcgi_temp_path {dir}/n3;
  uwsgi_temp_path {dir}/n4; scgi_temp_path {dir}/n5;
  upstream app {{
    server 127.0.0.1:{a}; server 127.0.0.1:{b};
    keepalive 1024; keepalive_requests 100000000; keepalive_timeout 600s;
  }}
  upstream app2 {{ server 127.0.0.1:{c}; keepalive 1024; keepalive_requests 100000000; keepalive_timeout 600s; }}
  {buffers}
  ssl_certificate {dir}/site.pem; ssl_certificate_key {dir}/site.key; ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ecdh_curve X25519:P-256; ssl_session_tickets on;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    listen 127.0.0.1:{tls} backlog=4096 ssl http2;
    listen 127.0.0.1:{h2c} backlog=4096 http2;
    add_header X-Resumed $ssl_session_reused;
    location /o2/ {{
      grpc_pass grpc://app2;
      grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      grpc_set_header X-Forwarded-Proto $scheme; grpc_set_header Via "1.1 nginx";
    }}
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header Via "1.1 nginx";
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread {workers}
  maxconn 6000
  {buffers}
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend web
  bind 127.0.0.1:{port} backlog 4096
  bind 127.0.0.1:{tls} backlog 4096 ssl crt {dir}/both.pem alpn h2,http/1.1 curves X25519:P-256
  bind 127.0.0.1:{h2c} backlog 4096 proto h2
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request add-header Via "1.1 haproxy"
  use_backend app2 if {{ path_beg /o2/ }}
  default_backend app
backend app2
  server c 127.0.0.1:{c} proto h2
backend app
  balance roundrobin
  server a 127.0.0.1:{a}
  server b 127.0.0.1:{b}
"""

# With --tuned: what an operator who cares about large bodies would set. Worth a factor of two to nginx at 1 MB.
NGINX_BUFFERS = "proxy_buffer_size 16k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;"
HAPROXY_BUFFERS = "tune.bufsize 65536"

OURS = """
proxy {{
  node {{ name = bench, workers = {workers}, state-dir = "{dir}/state" }}
  listeners = [
    {{ name = web, bind = "127.0.0.1:{port}", access-log {{ enabled = false }} }}
    {listeners}
  ]
  routes = [
    {{ match {{ host = "shop.example", path = "/app/" }}, rewrite {{ prefix = "/" }}, pool = app }}
    {{ match {{ host = "*.static.example", path = "/assets/" }}, pool = app }}
    {{ match {{ path = "/api/v1/" }}, pool = app }}
    {{ match {{ path = "/admin/" }}, pool = app }}
    {routes}
    {{ match {{ path = "/" }}, pool = app }}
  ]
  pools {{
    app {{
      balance = round-robin
      members = [
        {{ name = a, url = "http://127.0.0.1:{a}" }}
        {{ name = b, url = "http://127.0.0.1:{b}" }}
      ]
      health {{
        active {{ method = GET, path = "/health", interval = 1s, timeout = 1s, rise = 1, fall = 3 }}
      }}
      affinity {{ cookie {{ name = ROUTEID }} }}
    }}
    {pools}
  }}
  management {{ bind = "127.0.0.1:{management}" }}
}}
"""

# What an earlier build of ours may not know: without it a comparison of HTTP/1.1 goes back to the first.
SINCE_HTTP1 = {
    "listeners": """
    {{ name = tls, bind = "127.0.0.1:{tls}", access-log {{ enabled = false }}, protocols = [h2, "http/1.1"]
       tls {{ certificates = [ {{ certificate = "site.pem", key = "site.key" }} ] }} }}
    {{ name = h2c, bind = "127.0.0.1:{h2c}", access-log {{ enabled = false }}, protocols = [h2c] }}
""",
    "routes": """{{ match {{ path = "/o2/" }}, pool = app2 }}""",
    "pools": """app2 {{ protocol = h2, members = [ {{ name = c, url = "http://127.0.0.1:{c}" }} ] }}""",
}


class Bench:
    """What a run needs to know about its place: folder, cores, origin ports, and the repository."""

    def __init__(self, root, folder, cores, started, earlier=None):
        self.root, self.folder, self.cores, self.started = root, folder, cores, started
        self.programs = {"ours": os.path.join(root, "Proxy.Cluster/bin/Release/net10.0/proxy"), "earlier": earlier}
        self.origin_a, self.origin_b, self.origin_c = machine.free_ports(3)

    def write(self, name, template, **values):
        path = os.path.join(self.folder, name)
        # A worker of root's nginx would change to an account that may not see the folder of the run.
        user = "user root;" if os.geteuid() == 0 else ""
        with open(path, "w", encoding="utf-8") as f:
            f.write(template.format(
                dir=self.folder, a=self.origin_a, b=self.origin_b, c=self.origin_c, user=user, **values))
        return path

    def start(self, argv, name, cores, env=None):
        return self.started.start(argv, os.path.join(self.folder, name + ".out"), cores, env)

    def make_certificate(self):
        """One ECDSA P-256 certificate for all three."""
        site = os.path.join(self.folder, "site")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", site + ".key", "-out", site + ".pem"], check=True, capture_output=True)
        with open(os.path.join(self.folder, "both.pem"), "w", encoding="ascii") as both:
            for part in (".pem", ".key"):
                with open(site + part, encoding="ascii") as f:
                    both.write(f.read())

    def start_origin(self):
        files = os.path.join(self.folder, "files")
        os.makedirs(os.path.join(files, "o2"), exist_ok=True)
        for name, size in (("10k", 10 * 1024), ("o2/10k", 10 * 1024), ("1m", 1024 * 1024)):
            with open(os.path.join(files, name), "wb") as f:
                f.write(b"x" * size)
        config = self.write("origin.conf", ORIGIN, small="x" * 100)
        return self.start(["nginx", "-e", self.folder + "/origin.log", "-c", config], "origin", self.cores["origin"])


class Candidate:
    """One proxy under test."""

    management = None

    def __init__(self, name, bench, workers, profile=False, tuned=False):
        self.name, self.workers = name, workers
        ports = machine.free_ports(4)
        self.port, self.tls, self.h2c = ports[0], ports[2], ports[3]
        names = {"port": self.port, "tls": self.tls, "h2c": self.h2c, "workers": workers}
        cores = bench.cores["proxy2" if workers > 1 else "proxy1"]
        label = f"{name}-{workers}"
        if name == "nginx":
            config = bench.write(label + ".conf", NGINX, **names,
                                 buffers=NGINX_BUFFERS if tuned else "")
            argv = ["nginx", "-e", bench.folder + "/nginx.log", "-c", config]
        elif name == "haproxy":
            config = bench.write(label + ".conf", HAPROXY, **names,
                                 buffers=HAPROXY_BUFFERS if tuned else "")
            argv = ["haproxy", "-db", "-f", config]
        else:
            self.management = ports[1]
            template = OURS
            for part, text in SINCE_HTTP1.items():
                template = template.replace("{" + part + "}", "" if name == "earlier" else text)
            config = bench.write(label + ".conf", template, **names, management=ports[1])
            argv = [bench.programs[name], "run", config]
        # Mapped twice, as .NET does by itself, compiled code has no names for perf.
        named = {"DOTNET_PerfMapEnabled": "1", "DOTNET_EnableWriteXorExecute": "0"}
        env = named if profile and name == "ours" else None
        self.process = bench.start(argv, label, cores, env)
