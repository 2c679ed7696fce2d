"""The front of a shop whose services run apart: an Envoy configuration made from the services' own tables of routes.

`feira envoy` prints it; the tests of separate services go through a real Envoy that runs on it.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

TIMEOUT_S = 120  # An import streams for a while; each service bounds its own answers far below.
CONNECT_TIMEOUT_S = 2
CONNECTIONS_MAX = 4_096
SOCKETS_MAX = 16_384  # Connections to who answers WebSockets: each client's is one.
HEADERS_KIB_MAX = 64
HEAD_TIMEOUT_S = 10  # For a request's head, as the services have it.
# Of one connection each way: a megabyte for each of ten thousand slow readers would fill memory.
BUFFER_BYTES_MAX = 64 << 10
_ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
_MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def _pattern(path: str) -> str:
    return "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]+\})", path))


def config(
    services: Mapping[str, str],
    paths: Mapping[str, Iterable[str]],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    sockets: Collection[str] = (),
) -> dict[str, Any]:
    """Envoy's bootstrap: one listener, and each path led to the service that answers it. A path of `sockets` may go on as a
    WebSocket.

    `services` tells where each service's HTTP is (`host:port`), `paths` which paths it answers, parameters in braces. What
    no service knows goes to the first, whose answer is a problem document like all others.
    """
    entries = {(path, name) for name in services for path in paths[name]}
    # Words before parameters: /v1/users/me is not the page of a user.
    ordered = sorted(entries, key=lambda entry: (entry[0].count("{"), entry))
    routes = [
        _route({"safe_regex": {"regex": _pattern(path)}}, name, is_socket=path in sockets) for path, name in ordered
    ]
    routes.append(_route({"prefix": "/"}, next(iter(services))))
    manager = {
        "@type": _MANAGER,
        "stat_prefix": "shop",
        "use_remote_address": True,
        "normalize_path": False,  # A path is judged by the service that it is meant for, as it was sent.
        "merge_slashes": False,
        "max_request_headers_kb": HEADERS_KIB_MAX,
        "request_headers_timeout": f"{HEAD_TIMEOUT_S}s",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": _ROUTER}}],
        "route_config": {"virtual_hosts": [{"name": "shop", "domains": ["*"], "routes": routes}]},
    }
    listener = {
        "name": "shop",
        "address": _socket(f"{host}:{port}"),
        "per_connection_buffer_limit_bytes": BUFFER_BYTES_MAX,
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    return {
        "static_resources": {
            "listeners": [listener],
            "clusters": [
                _cluster(name, address, SOCKETS_MAX if {*paths[name]} & {*sockets} else CONNECTIONS_MAX)
                for name, address in services.items()
            ],
        }
    }


def _route(match: dict[str, Any], service: str, *, is_socket: bool = False) -> dict[str, Any]:
    # A connection that could not even be made carried no request: that alone is safe to try again for every method.
    retry = {"retry_on": "connect-failure,refused-stream", "num_retries": 2}
    action: dict[str, Any] = {"cluster": service, "timeout": f"{TIMEOUT_S}s", "retry_policy": retry}
    if is_socket:  # It lasts for as long as both sides wish; both hear pings.
        action |= {"timeout": "0s", "upgrade_configs": [{"upgrade_type": "websocket"}]}
    return {"match": match, "route": action}


def _cluster(name: str, address: str, connections_max: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _socket(address)}}
    return {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": f"{CONNECT_TIMEOUT_S}s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES_MAX,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
        "circuit_breakers": {
            "thresholds": [
                {
                    "max_connections": connections_max,
                    "max_pending_requests": connections_max,
                    "max_requests": connections_max,
                }
            ]
        },
    }


def _socket(address: str) -> dict[str, Any]:
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}}
