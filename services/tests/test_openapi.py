"""The OpenAPI document says what the shop does: it is the committed one, and a fuzzer finds no answer outside it."""

import asyncio
import json
import sys
from pathlib import Path

from tests.conftest import NewShop

ROOT = Path(__file__).parents[2]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SECONDS_MAX = 150


async def test_the_committed_document_is_the_programs_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "feira", "openapi", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    committed = (ROOT / "docs" / "openapi.json").read_text()
    document = json.loads(out)
    assert document == json.loads(committed), "run `make openapi`"
    # Of two that are called the same, both would be called by the places where they are written.
    assert not [name for name in document["components"]["schemas"] if "feira." in name]


async def test_a_fuzzer_finds_no_answer_that_is_not_documented(new_shop: NewShop, tmp_path: Path) -> None:
    shop = await new_shop("one")
    [process] = shop.processes.values()
    await shop.new_sku(stock=1_000_000)
    fuzzer = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{process.url}/openapi.json",
        "--checks", CHECKS, "--max-examples", "12", "--seed", "1", "--phases", "examples,coverage,fuzzing",
        "--header", f"Authorization: Bearer {shop.staff_token}", "--request-timeout", "20",
        "--suppress-health-check", "all", "--generation-database", "none", "--continue-on-failure",
        # The caller's own account and session must last as long as the run.
        "--exclude-path", "/v1/users/me", "--exclude-path", "/v1/sessions/current",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path,
    )  # fmt: skip
    async with asyncio.timeout(SECONDS_MAX * 2):
        out, _ = await fuzzer.communicate()
    assert fuzzer.returncode == 0, out.decode()[-15_000:]
