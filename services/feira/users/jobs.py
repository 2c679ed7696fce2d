"""What users does now and then."""

from feira.kernel.card import Job
from feira.users.service import UserService
from feira.users.service_accounts import WRITE_LETTERS


async def write_letters(users: UserService) -> bool:
    return await users.accounts.write_letters()


async def rotate_keys(users: UserService) -> None:
    await users.keyring.rotate()


async def sweep(users: UserService) -> bool:
    return await users.sweep()


JOBS = (
    Job(WRITE_LETTERS, write_letters, every_s=1.0),
    Job("rotate_keys", rotate_keys, every_s=3600.0),
    Job("sweep", sweep, every_s=60.0),
)
