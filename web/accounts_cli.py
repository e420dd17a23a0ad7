"""``neuvo account``: the first administrator, and help for whoever cannot sign in at the desk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from web.operating_cli import EXIT_FAILED, EXIT_USAGE, JsonFlag, _database, _fail, _failing_clearly

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from web.desk.accounts import Listed
    from web.settings import WebSettings

account_app = typer.Typer(help="Who may sign in at the desk.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user name.")]


@account_app.command("create-administrator")
def create_administrator(
    name: Name, display_name: Annotated[str, typer.Option("--display-name", help="How the desk calls them.")] = ""
) -> None:
    """Create an administrator, who creates the others at /desk/accounts. Prints a link, good once and for an hour."""
    from web.desk.accounts import Accounts, NameTaken, Role, is_name
    from web.desk.audit import AuditLog

    with _failing_clearly(), _database() as (engine, settings):
        if not is_name(name):
            _fail("a name has 2 to 80 of a-z, 0-9 . _ - @ + and begins with a letter or figure", EXIT_USAGE)
        accounts = Accounts(engine)
        try:
            account = accounts.create(name, [Role.ADMINISTRATOR], display_name=display_name)
        except NameTaken as error:
            _fail(f"{error}; neuvo account reset gives it a new link", EXIT_FAILED)
        AuditLog(engine).note(None, "account.created", account.id, name=account.name, by="command line")
        _invite(settings, accounts.invite(account.id))


@account_app.command("list")
def list_accounts(as_json: JsonFlag = False) -> None:
    """Show accounts, closed ones last."""
    from web.desk.accounts import Accounts

    with _failing_clearly(), _database() as (engine, _):
        found = Accounts(engine).all()
    if as_json:
        typer.echo(json.dumps([_described(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        typer.echo(f"{one.account.name}  {one.state}  {', '.join(sorted(one.account.roles))}")
    if not found:
        typer.echo("no accounts")


@account_app.command()
def reset(name: Name) -> None:
    """Take password, app and recovery codes away, end all sessions and print a new link."""
    from web.desk.accounts import Accounts
    from web.desk.attempts import Attempts
    from web.desk.audit import AuditLog
    from web.desk.credentials import Credentials
    from web.desk.sessions import Sessions
    from web.desk.vault import open_vault

    with _failing_clearly(), _database() as (engine, settings):
        listed = _listed(engine, name)
        if listed.city or listed.state == "closed":
            _fail(f"{listed.account.name} is {'closed' if not listed.city else 'an account of the city'}", EXIT_FAILED)
        vault, accounts, audit = open_vault(settings.desk.sign_in), Accounts(engine), AuditLog(engine)
        attempts = Attempts(engine, vault)
        code = Credentials(engine, accounts, attempts, audit, vault, code_required=True).reset(listed.account.id)
        attempts.unlock(listed.account.name)
        Sessions(engine, accounts, settings.desk.sign_in).end_all(listed.account.id)
        audit.note(None, "account.reset", listed.account.id, name=listed.account.name, by="command line")
        _invite(settings, code)


@account_app.command()
def unlock(name: Name) -> None:
    """Let somebody try again at once who failed to sign in too often."""
    from web.desk.attempts import Attempts
    from web.desk.audit import AuditLog
    from web.desk.vault import open_vault

    with _failing_clearly(), _database() as (engine, settings):
        account = _listed(engine, name).account
        Attempts(engine, open_vault(settings.desk.sign_in)).unlock(account.name)
        AuditLog(engine).note(None, "account.unlocked", account.id, name=account.name, by="command line")
    typer.echo(f"{account.name} is unlocked")


@account_app.command()
def close(name: Name) -> None:
    """End all sessions of an account and let nobody sign in with it any more."""
    from web.desk.accounts import Accounts, LastAdministrator
    from web.desk.audit import AuditLog
    from web.desk.sessions import Sessions

    with _failing_clearly(), _database() as (engine, settings):
        account, accounts = _listed(engine, name).account, Accounts(engine)
        try:
            accounts.close(account.id)
        except LastAdministrator as error:
            _fail(str(error), EXIT_FAILED)
        Sessions(engine, accounts, settings.desk.sign_in).end_all(account.id)
        AuditLog(engine).note(None, "account.closed", account.id, name=account.name, by="command line")
    typer.echo(f"{account.name} is closed")


def _listed(engine: Engine, name: str) -> Listed:
    from web.desk.accounts import Accounts

    found = Accounts(engine).named(name)
    if found is None:
        _fail(f'there is no account "{name}"', EXIT_FAILED)
    return found


def _invite(settings: WebSettings, code: str) -> None:
    base = settings.desk.hand_off.public_url or ""
    if not base:
        typer.echo("Put the address of the desk before it:", err=True)
    typer.echo(f"{base}/desk/welcome?code={code}")
    typer.echo("It works once, within an hour.", err=True)


def _described(one: Listed) -> dict[str, Any]:
    return {
        "name": one.account.name,
        "display_name": one.account.display_name,
        "state": one.state,
        "roles": sorted(one.account.roles),
        "signs_in": "city" if one.city else "desk",
        "created": one.created.isoformat(timespec="seconds"),
    }
