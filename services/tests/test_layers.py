"""Inside a service, files import downwards only: card, then http, events and jobs, then service, store, and domain.

What import-linter says of packages this says of files, by the first word of their names.
"""

import grimp

SERVICES = ("users", "catalog", "carts", "orders", "payments", "notifications", "live")
LAYERS = (("card",), ("http", "events", "jobs"), ("service",), ("store",), ("domain",))
IMPURE = ("asyncio", "asyncpg", "grpc", "os", "random", "secrets", "socket", "subprocess", "threading", "time")
IMPURE_OURS = ("feira.kernel.db", "feira.kernel.events", "feira.kernel.batcher", "feira.kernel.ids")

GRAPH = grimp.build_graph("feira", include_external_packages=True, cache_dir=None)


def layer(module: str) -> tuple[int, str] | None:
    """The layer of a file of a service and its word, None for what stands beside the layers, such as templates."""
    word = module.split(".")[2].partition("_")[0]
    return next(((n, word) for n, words in enumerate(LAYERS) if word in words), None)


def files(service: str) -> list[str]:
    return [
        module
        for module in GRAPH.find_descendants(f"feira.{service}")
        if ".tests" not in module and not GRAPH.is_module_squashed(module)
    ]


def test_files_import_downwards_only() -> None:
    wrong = []
    for service in SERVICES:
        for module in files(service):
            ours = layer(module)
            for other in GRAPH.find_modules_directly_imported_by(module):
                theirs = layer(other) if other.startswith(f"feira.{service}.") else None
                if ours is None or theirs is None:
                    continue
                sideways = ours[0] == theirs[0] and ours[1] != theirs[1]
                if theirs[0] < ours[0] or sideways:
                    wrong.append(f"{module} imports {other}")
    assert wrong == []


def test_domains_reach_nothing_that_acts() -> None:
    wrong = []
    for service in SERVICES:
        for module in files(service):
            if (found := layer(module)) is None or found[1] != "domain":
                continue
            reached = GRAPH.find_upstream_modules(module)
            wrong += [f"{module} reaches {other}" for other in reached if other in {*IMPURE, *IMPURE_OURS}]
    assert wrong == []


def test_only_stores_speak_sql() -> None:
    wrong = []
    for service in SERVICES:
        for module in files(service):
            found = layer(module)
            if found is not None and found[1] in {"http", "events", "card"}:
                wrong += [module for other in GRAPH.find_modules_directly_imported_by(module) if other == "asyncpg"]
    assert wrong == []
