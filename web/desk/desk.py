"""Everything the desk's pages work with, opened when the server starts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from web.asking import Reception
from web.clients import Clients
from web.desk.accounts import Accounts
from web.desk.attempts import Attempts
from web.desk.audit import AuditLog
from web.desk.consultations import Consultations
from web.desk.credentials import Credentials
from web.desk.indicators import Indicators
from web.desk.oidc import CitySignIn
from web.desk.opening_hours import OpeningHours
from web.desk.pins import Pins
from web.desk.recents import Recents
from web.desk.rendering import DeskPages, open_desk_pages
from web.desk.reviewing import Reviewing, open_reviewing
from web.desk.sessions import Sessions
from web.desk.settings import DeskSettings
from web.desk.twins import Twins
from web.desk.unanswered import Unanswered
from web.desk.vault import Vault, open_vault


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk's stores and pages."""

    settings: DeskSettings
    engine: Engine
    clients: Clients
    reception: Reception
    vault: Vault
    accounts: Accounts
    attempts: Attempts
    credentials: Credentials
    city: CitySignIn | None
    sessions: Sessions
    audit: AuditLog
    pages: DeskPages
    twins: Twins
    consultations: Consultations
    recents: Recents
    pins: Pins
    indicators: Indicators
    unanswered: Unanswered
    reviewing: Reviewing


def open_desk(engine: Engine, reception: Reception, clients: Clients, settings: DeskSettings) -> Desk:
    """Blocks. Raises VaultError."""
    vault = open_vault(settings.sign_in)
    accounts, audit = Accounts(engine), AuditLog(engine)
    attempts = Attempts(engine, vault)
    return Desk(
        settings=settings,
        engine=engine,
        clients=clients,
        reception=reception,
        vault=vault,
        accounts=accounts,
        attempts=attempts,
        credentials=Credentials(engine, accounts, attempts, audit, vault, code_required=settings.sign_in.code_required),
        city=CitySignIn(settings.sign_in.oidc, vault) if settings.sign_in.oidc.issuer else None,
        sessions=Sessions(engine, accounts, settings.sign_in),
        audit=audit,
        pages=open_desk_pages(reception.assistant.languages),
        twins=Twins(reception.assistant, reception.settings.person_url),
        consultations=Consultations(reception.finished.exchange),
        recents=Recents(engine, settings.retention.recent_questions),
        pins=Pins(engine),
        indicators=Indicators(engine, OpeningHours(settings.hand_off)),
        unanswered=Unanswered(engine),
        reviewing=open_reviewing(engine, reception.assistant, settings.data),
    )
