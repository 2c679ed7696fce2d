"""What payments does now and then."""

from feira.kernel.card import Job
from feira.payments.service import JOB
from feira.payments.service_due import perform_due, release_unclaimed

JOBS = (
    Job(JOB, perform_due, every_s=1.0),
    Job("release_unclaimed", release_unclaimed, every_s=30.0),
)
