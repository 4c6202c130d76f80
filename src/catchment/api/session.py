"""/session: signing in to the dashboard with e-mail and password."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import Field, StringConstraints

from catchment.api.edge.deps import (
    COOKIE,
    Configured,
    Database,
    Now,
    Tx,
    WhoIs,
    check_same_site,
    transaction,
)
from catchment.api.edge.route import router
from catchment.api.edge.wire import Email, Wire
from catchment.core.values.errors import Forbidden, Unauthenticated
from catchment.store import users
from catchment.store.access import Workspace
from catchment.store.engine import reading, writing

routes = router("/session", "Session")
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class SignIn(Wire):
    email: Email = Field(examples=["you@example.com"])
    password: Password


class UserOut(Wire):
    id: str
    email: str


class SessionOut(Wire):
    user: UserOut
    sequence_account_id: str
    workspace_name: str
    timezone: str
    sandbox: bool

    @classmethod
    def of(cls, user: users.User, workspace: Workspace) -> "SessionOut":
        """Who is signed in, and where."""
        return cls(
            user=UserOut(id=user.id, email=user.email),
            sequence_account_id=workspace.id,
            workspace_name=workspace.name,
            timezone=workspace.timezone,
            sandbox=workspace.sandbox,
        )


@routes.post("")
def sign_in(
    body: SignIn,
    request: Request,
    response: Response,
    engine: Database,
    now: Now,
    config: Configured,
) -> SessionOut:
    """Sign in; the answer sets the session cookie. Ten failures in five minutes close the door."""
    check_same_site(request)
    subject = f"sign-in:{body.email.lower()}"
    with reading(engine) as tx:  # checking a password is slow on purpose: hold no lock meanwhile
        users.check_attempts(tx, subject, now)
        found = users.of_password(tx, body.email, body.password)
    if found is None:
        with writing(engine) as tx:
            users.count_failure(tx, subject, now)
        raise Unauthenticated("The e-mail address or the password is wrong.")
    user, workspace = found
    with writing(engine) as tx:
        token = users.open_session(
            tx,
            user,
            workspace,
            at=now,
            ends=now + timedelta(hours=config.session_hours),
            hashing_key=config.hashing_key(),
        )
    response.set_cookie(
        COOKIE,
        token,
        max_age=config.session_hours * 3600,
        httponly=True,
        secure=config.secure_cookies,
        samesite="strict",
        path="/api",
    )
    return SessionOut.of(user, workspace)


@routes.get("")
def show_session(who: WhoIs) -> SessionOut:
    """Who is signed in."""
    if who.user is None:
        raise Forbidden("API keys have no session.")
    return SessionOut.of(who.user, who.workspace)


@routes.delete("", status_code=204, dependencies=[Depends(transaction)])
def sign_out(request: Request, response: Response, tx: Tx, config: Configured) -> None:
    """Sign out."""
    check_same_site(request)
    token = request.cookies.get(COOKIE)
    if token:
        users.close_session(tx, token, config.hashing_key())
    response.delete_cookie(COOKIE, path="/api")
