"""What the outside may know of notifications."""

from pathlib import Path

from feira.kernel.card import Card, Job
from feira.notifications.events import HANDLERS
from feira.notifications.http import routes
from feira.notifications.service import Notifications

card = Card(
    name="notifications",
    home=Path(__file__).parent,
    build=Notifications,
    routes=routes,
    handlers=HANDLERS,
    jobs=(
        Job("send_mails", Notifications.send_due, every_s=1.0),
        Job("drop_old_mails", Notifications.drop_old, every_s=3600.0),
    ),
    gauges=Notifications.gauges,
)
