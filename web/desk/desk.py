"""Everything the desk's pages work with, opened when the server starts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from web.asking import Reception
from web.clients import Clients
from web.desk.accounts import Accounts
from web.desk.audit import AuditLog
from web.desk.consultations import Consultations
from web.desk.pins import Pins
from web.desk.recents import Recents
from web.desk.rendering import DeskPages, open_desk_pages
from web.desk.sessions import Sessions
from web.desk.settings import DeskSettings
from web.desk.twins import Twins


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk's stores and pages."""

    settings: DeskSettings
    engine: Engine
    clients: Clients
    reception: Reception
    accounts: Accounts
    sessions: Sessions
    audit: AuditLog
    pages: DeskPages
    twins: Twins
    consultations: Consultations
    recents: Recents
    pins: Pins


def open_desk(engine: Engine, reception: Reception, clients: Clients, settings: DeskSettings) -> Desk:
    """Blocks."""
    accounts = Accounts(engine)
    return Desk(
        settings=settings,
        engine=engine,
        clients=clients,
        reception=reception,
        accounts=accounts,
        sessions=Sessions(engine, accounts, settings.sign_in),
        audit=AuditLog(engine),
        pages=open_desk_pages(reception.assistant.languages),
        twins=Twins(reception.assistant, reception.settings.person_url),
        consultations=Consultations(reception.finished.exchange),
        recents=Recents(engine, settings.retention.recent_questions),
        pins=Pins(engine),
    )
