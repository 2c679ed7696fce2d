"""`feira migrate`: brings the database up to date."""

from feira.cli.options import HERE, Data, Json
from feira.cli.output import people, say_json
from feira.cli.shop import connected, run
from feira.host.errors import HostError


def migrate(data: Data = HERE, json: Json = False) -> None:
    """Bring the database up to date. `feira up` does it too; this one suits a deployment of many processes.

    [bold]Example[/bold]

    DATABASE_URL=postgresql://shop@db/shop feira migrate
    """

    async def work() -> list[str]:
        from feira.app import AppError, migrate_all  # Here, because it imports the whole program.

        async with connected(data, makes=True) as settings:
            try:
                return await migrate_all(settings)
            except AppError as failure:
                raise HostError(str(failure)) from failure

    ran = run(work())
    if json:
        say_json({"ran": ran})
    elif ran:
        people.print(f"[green]{len(ran)}[/green] migrations were run:", *ran, sep="\n  ")
    else:
        people.print("The database is up to date.")
