"""The composition root: settings -> store -> launchers -> service -> web; the order in which they start and stop."""

from __future__ import annotations

from collections.abc import Mapping

from flask_openapi3.openapi import OpenAPI

from trigger_service.config import Settings
from trigger_service.domain.errors import StoreUnavailable
from trigger_service.launchers.local import LocalLauncher
from trigger_service.launchers.planner import LocalPlanner
from trigger_service.launchers.zygote_client import ZygoteClient
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.central import Central
from trigger_service.service.collector import Collector
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell, doorbell_name
from trigger_service.service.insights import Insights
from trigger_service.service.plans import Plans
from trigger_service.service.triggers import Triggers
from trigger_service.service.vault import Vault
from trigger_service.store.engine import Database
from trigger_service.store.schema import open_database
from trigger_service.web.factory import create_app
from trigger_service.web.services import Services, WebConfig


class Application:
    """The whole service in one process, made of its parts; `wsgi` answers requests once `start` was called."""

    def __init__(self, settings: Settings) -> None:
        """Open the database and make every part; starts no thread. `settings.luigid_port` is the port in use."""
        home = settings.home
        luigid_url = f"http://127.0.0.1:{settings.luigid_port}"
        self._database = open_database(home / "database.sqlite3")
        self._doorbell = Doorbell(doorbell_name(home))
        self._host = ZygoteClient(home, settings.modules)
        self._central = Central(lambda: luigid_url)
        broadcast = Broadcast()
        vault = Vault(home / "secrets.key", self._database)
        launcher = LocalLauncher(self._host, vault.secrets, vault.digest)
        self._dispatcher = Dispatcher(
            home=home,
            database=self._database,
            launcher=launcher,
            host=self._host,
            limits=settings.limits,
            broadcast=broadcast,
            doorbell=self._doorbell,
            scheduler_url=lambda: luigid_url,
        )
        self._collector = Collector(
            home=home,
            database=self._database,
            launcher=launcher,
            central=self._central,
            broadcast=broadcast,
            dispatcher=self._dispatcher,
            doorbell=self._doorbell,
            grace_s=settings.grace_s,
        )
        triggers = Triggers(
            database=self._database,
            host=self._host,
            vault=vault,
            limits=settings.limits,
            broadcast=broadcast,
            dispatcher=self._dispatcher,
            doorbell=self._doorbell,
        )
        insights = Insights(
            home=home, database=self._database, limits=settings.limits, obstacle=self._dispatcher.obstacle
        )
        plans = Plans(database=self._database, planner=LocalPlanner(home, self._host), judge=triggers.judged)
        services = Services(triggers, plans, insights, broadcast, self._host, self._readiness)
        self.wsgi: OpenAPI = create_app(services, _web_config(settings, luigid_url))

    def start(self) -> None:
        """Start the threads: first what takes up the runs of before, then what starts new ones."""
        self._collector.start()
        self._dispatcher.start()

    def leave(self) -> None:
        """End open streams and waits."""
        self.wsgi.extensions["long_requests"].closing.set()

    def stop(self) -> None:
        """End the threads, in the opposite order, and close the database. Runs go on."""
        self.leave()
        self._dispatcher.stop()
        self._collector.stop()
        self._doorbell.close()
        self._database.close()

    def _readiness(self) -> Mapping[str, str]:
        return {
            "database": _database_fault(self._database),
            "luigid": self._central.health(),
            "zygote": self._host.health(),
        }


def _web_config(settings: Settings, luigid_url: str) -> WebConfig:
    return WebConfig(
        luigid_url=lambda: luigid_url,
        allowed_hosts=settings.allowed_hosts,
        max_body_bytes=settings.max_body_bytes,
        max_streams=settings.max_streams,
        max_waits=settings.max_waits,
    )


def _database_fault(database: Database) -> str:
    """Empty when the database can be written to."""
    try:
        with database.write():
            return ""
    except StoreUnavailable as unavailable:
        return str(unavailable)
