"""The composition root: settings -> store -> launchers -> service -> web; the order in which they start and stop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from flask_openapi3.openapi import OpenAPI

from trigger_service.config import DATABASE_FILE, Settings
from trigger_service.domain.addresses import is_every
from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import CannotStart, StoreUnavailable
from trigger_service.domain.outside import Smtp
from trigger_service.domain.place import Place
from trigger_service.effective import effective
from trigger_service.launchers.local import LocalLauncher
from trigger_service.launchers.places import Places
from trigger_service.launchers.planner import LocalPlanner
from trigger_service.launchers.zygote_client import PROMPT_S, ZygoteClient
from trigger_service.service.announcements import Announcements
from trigger_service.service.automation import Automation
from trigger_service.service.broadcast import Broadcast
from trigger_service.service.calendars import Calendars
from trigger_service.service.central import Central, Centrals
from trigger_service.service.channels import Channels
from trigger_service.service.clock import Clock
from trigger_service.service.collector import Collector
from trigger_service.service.counters import Counters
from trigger_service.service.credentials import Credentials
from trigger_service.service.custody import Custody
from trigger_service.service.dispatcher import Dispatcher
from trigger_service.service.doorbell import Doorbell, doorbell_name
from trigger_service.service.history import History
from trigger_service.service.housekeeper import Housekeeper
from trigger_service.service.inquiries import Inquiries
from trigger_service.service.insights import Insights
from trigger_service.service.logsearch import LogSearch
from trigger_service.service.metrics import Metrics
from trigger_service.service.overview import Overview
from trigger_service.service.plans import Plans
from trigger_service.service.pools import Pools
from trigger_service.service.processes import Processes
from trigger_service.service.runlogs import RunLogs
from trigger_service.service.sampler import Sampler
from trigger_service.service.starter import Starter
from trigger_service.service.triggers import Triggers
from trigger_service.service.troubles import Attention
from trigger_service.service.turns import Turns
from trigger_service.service.vault import Vault
from trigger_service.store import runs
from trigger_service.store.engine import Database
from trigger_service.store.schema import open_database
from trigger_service.web.factory import create_app
from trigger_service.web.services import About, Services, WebConfig

#: Seconds that the processes of a further place may take to say that they are well.
_GLANCE_S = 0.5


class Application:
    """The whole service in one process, made of its parts; `wsgi` answers requests once `start` was called."""

    def __init__(self, settings: Settings) -> None:
        """Open the database and make every part; starts no thread. `settings.luigid_ports` are in use."""
        home = settings.home
        self._settings = settings
        self._database = open_database(home / DATABASE_FILE)
        self._doorbell = Doorbell(doorbell_name(home))
        self._places = Places({place: _zygote(settings, place) for place in settings.places})
        with_luigid = (*settings.places, *settings.retired)
        self._centrals = {place: Central(partial(settings.luigid_url_of, place)) for place in with_luigid}
        self._broadcast = Broadcast()
        self._vault = Vault(home / "secrets.key", self._database)
        self._launcher = LocalLauncher(self._places, self._vault.secrets, self._vault.digest)
        self._pools = Pools(self._database, settings.limits)
        self._dispatcher = self._make_dispatcher()
        self._pools.on_change = self._dispatcher.wake
        self._housekeeper = Housekeeper(home, self._database, settings.keep)
        self._counters = Counters()
        self._metrics = Metrics(
            database=self._database,
            housekeeper=self._housekeeper,
            health=self._places_health,
            counters=self._counters,
        )
        self._sampler = Sampler(self._metrics)
        self._collector = self._make_collector()
        self._metrics.follow(self._collector)
        self._credentials = Credentials(self._database)
        self._triggers = self._make_triggers()
        self._planner = LocalPlanner(home, self._places)
        self._turns = Turns()
        self._calendars = Calendars(triggers=self._triggers, planner=self._planner, turns=self._turns)
        self._clock = Clock()
        self._custody = self._make_custody()
        self._inquiries = Inquiries(self._calendars, self._broadcast)
        self._automation = Automation(
            database=self._database,
            triggers=self._triggers,
            vault=self._vault,
            schedule_file=settings.schedules,
            calendars=self._calendars,
            clock=self._clock,
            counters=self._counters,
            inboxes=settings.inboxes,
        )
        self._announcements = self._make_announcements()
        self._collector.on_end = self._follow_ends
        self.wsgi: OpenAPI = create_app(self._services(), _web_config(settings))

    def start(self) -> None:
        """Start the threads: first what takes up the runs of before, then what starts new ones."""
        self._collector.start()
        self._dispatcher.start()
        self._credentials.start()
        self._housekeeper.start()
        self._sampler.start()
        self._automation.start()
        self._clock.start()

    def leave(self) -> None:
        """End open streams and waits."""
        self.wsgi.extensions["long_requests"].closing.set()

    def stop(self) -> None:
        """End the threads, in the opposite order, and close the database. Runs go on."""
        self.leave()
        self._clock.stop()
        self._inquiries.stop()
        self._custody.stop()
        self._announcements.stop()
        self._automation.stop()
        self._credentials.stop()
        self._sampler.stop()
        self._housekeeper.stop()
        self._dispatcher.stop()
        self._collector.stop()
        self._doorbell.close()
        self._database.close()

    def _make_dispatcher(self) -> Dispatcher:
        starter = Starter(
            home=self._settings.home,
            database=self._database,
            launcher=self._launcher,
            broadcast=self._broadcast,
            doorbell=self._doorbell,
            scheduler_url=self._settings.luigid_url_of,
        )
        return Dispatcher(database=self._database, places=self._places, limits=self._limits, starter=starter)

    def _make_collector(self) -> Collector:
        return Collector(
            home=self._settings.home,
            database=self._database,
            launcher=self._launcher,
            central=Centrals(self._centrals, self._place_of),
            broadcast=self._broadcast,
            dispatcher=self._dispatcher,
            doorbell=self._doorbell,
            grace_s=self._settings.grace_s,
            note_lag=self._metrics.note_lag,
        )

    def _make_triggers(self) -> Triggers:
        return Triggers(
            database=self._database,
            places=self._places,
            vault=self._vault,
            limits=self._limits,
            broadcast=self._broadcast,
            dispatcher=self._dispatcher,
            doorbell=self._doorbell,
        )

    def _make_custody(self) -> Custody:
        return Custody(
            database=self._database,
            planner=self._planner,
            triggers=self._triggers,
            turns=self._turns,
            secrets_of=self._vault.secrets,
            broadcast=self._broadcast,
            clock=self._clock,
            keep=self._settings.keep,
        )

    def _make_announcements(self) -> Announcements:
        smtp = self._settings.smtp
        return Announcements(
            home=self._settings.home,
            database=self._database,
            vault=self._vault,
            channels=Channels(self._settings.outside, smtp, _password(smtp, os.environ)),
            broadcast=self._broadcast,
            clock=self._clock,
            counters=self._counters,
        )

    def _services(self) -> Services:
        """What the routes call."""
        return Services(
            triggers=self._triggers,
            turns=self._turns,
            plans=Plans(
                database=self._database,
                planner=self._planner,
                judge=self._triggers.judged,
                secrets_of=self._vault.secrets,
                turns=self._turns,
            ),
            calendars=self._calendars,
            pools=self._pools,
            automation=self._automation,
            notifications=self._announcements.notifications,
            history=History(self._database),
            insights=Insights(
                home=self._settings.home,
                database=self._database,
                limits=self._limits,
                obstacle=self._dispatcher.obstacle,
            ),
            overview=Overview(self._database),
            attention=Attention(self._settings.home, self._database),
            logs=RunLogs(self._settings.home, self._database),
            log_search=LogSearch(self._settings.home, self._database),
            targets=self._custody.catalogue,
            verifications=self._custody.verifications,
            rereadings=self._custody.rereadings,
            inquiries=self._inquiries,
            operations=self._custody.operations,
            broadcast=self._broadcast,
            places=self._places,
            credentials=self._credentials,
            metrics=self._metrics,
            housekeeper=self._housekeeper,
            processes=Processes(self._database),
            readiness=self._readiness,
            places_readiness=self._places_readiness,
            about=_about(self._settings),
        )

    def _limits(self) -> Limits:
        return self._pools.limits

    def _follow_ends(self) -> None:
        self._automation.follow_ends()
        self._announcements.wake()

    def _readiness(self) -> Mapping[str, str]:
        return {"database": _database_fault(self._database), **self._health(Place())}

    def _places_readiness(self) -> Mapping[Place, Mapping[str, str]]:
        """Of the further ones, all at once, so that one that does not answer holds up the answer no longer."""
        further = [place for place in self._places if not place.is_default]
        if not further:
            return {}
        with ThreadPoolExecutor(len(further)) as pool:
            return dict(zip(further, pool.map(lambda place: self._health(place, _GLANCE_S), further), strict=True))

    def _places_health(self) -> Mapping[Place, Mapping[str, str]]:
        return {Place(): self._health(Place()), **self._places_readiness()}

    def _health(self, place: Place, patience_s: float = PROMPT_S) -> Mapping[str, str]:
        luigid, zygote = self._centrals[place], self._places.at(place)
        return {"luigid": luigid.health(patience_s), "zygote": zygote.health(patience_s)}

    def _place_of(self, run_id: str) -> Place:
        with self._database.read() as connection:
            return runs.get(connection, run_id).place


def _zygote(settings: Settings, place: Place) -> ZygoteClient:
    return ZygoteClient(place.folder(settings.home), settings.modules_of(place), place.location)


def _password(smtp: Smtp, variables: Mapping[str, str]) -> str:
    """What signs in at the mail server; raises CannotStart where luigi.cfg names a variable that is not there."""
    if smtp.password_variable and smtp.password_variable not in variables:
        mend = "set it to the password of `user`, or leave both keys empty"
        told = f"[mail] password_variable = {smtp.password_variable} is not in the environment; {mend}"
        raise CannotStart(reason=told)
    return variables.get(smtp.password_variable, "")


def _web_config(settings: Settings) -> WebConfig:
    return WebConfig(
        luigid_url=settings.luigid_url_of,
        home=settings.home,
        # a page cannot pretend to come from an address, as it can from a name
        allowed_hosts=settings.allowed_hosts if is_every(settings.host) else (settings.host, *settings.allowed_hosts),
        token_needed=settings.token_needed,
        own_secret=settings.own_secret,
        requests_per_second=settings.requests_per_second,
        max_body_bytes=settings.max_body_bytes,
        max_streams=settings.max_streams,
        max_waits=settings.max_waits,
    )


def _about(settings: Settings) -> About:
    urls = {str(place): settings.luigid_url_of(place) for place in settings.places}
    return About(settings.home, urls, effective(settings))


def _database_fault(database: Database) -> str:
    """Empty when the database can be written to."""
    try:
        with database.write():
            return ""
    except StoreUnavailable as unavailable:
        return str(unavailable)
