"""Every code a problem of the management API can carry, once.

Law: a code never changes its status or its meaning; `retry` says whether the same request may succeed later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    status: int
    title: str
    meaning: str
    cause: str
    fix: str
    retry: bool = False


def _row(status: int, title: str, meaning: str, cause: str, fix: str) -> Problem:  # noqa: PLR0913, PLR0917
    return Problem(
        status=status,
        title=title,
        meaning=meaning,
        cause=cause,
        fix=fix,
        retry=status in {429, 500, 503},
    )


PROBLEMS: Final[Mapping[str, Problem]] = {
    "validation": _row(
        400,
        "The request is not valid.",
        "At least one field is missing, unknown or has a value that is not allowed.",
        "The body or the query does not fit the API reference.",
        "Correct the fields named in `errors` and send the request again.",
    ),
    "malformed_json": _row(
        400,
        "The body is not JSON.",
        "The request body could not be read as JSON.",
        "Broken or too deeply nested JSON, or bytes that are not UTF-8.",
        "Send one JSON object in UTF-8.",
    ),
    "bad_framing": _row(
        400,
        "The request can be read in more than one way.",
        "A header that decides something came twice, or headers contradict each other.",
        "A proxy or client that repeats or mixes Host, Content-Length, Transfer-Encoding or a key.",
        "Send each of these headers once.",
    ),
    "bad_host": _row(
        400,
        "The Host header is missing or invalid.",
        "The request does not name the host it is for.",
        "A client or proxy that sends no Host, or something that is no host name.",
        "Send a host name with an optional port.",
    ),
    "bad_path": _row(
        400,
        "The path can be read in more than one way.",
        "The path has empty, '.' or '..' segments, encoded slashes, backslashes or control characters.",
        "A base URL that ends with '/', or a path that was put together from parts.",
        "Send the path as the API reference writes it.",
    ),
    "bad_body": _row(
        400,
        "The request body ended early or is malformed.",
        "The connection ended inside the body, or its chunks are broken.",
        "A client that gave up, or a proxy that damages chunked bodies.",
        "Send the whole body.",
    ),
    "invalid_cursor": _row(
        400,
        "The cursor is not valid here.",
        "The cursor was not made for this list, this filter and this tenant.",
        "A cursor was changed, or used with other parameters than those it came with.",
        "Start the list again without a cursor.",
    ),
    "tenant_required": _row(
        400,
        "Name a tenant.",
        "The caller can reach several tenants, or none by membership.",
        "The header X-Switchyard-Tenant is missing.",
        "Send X-Switchyard-Tenant with the tenant's slug or id.",
    ),
    "not_authenticated": _row(
        401,
        "Sign in first.",
        "The request carries no session and no key.",
        "The session ended, or the header Authorization is missing.",
        "Sign in, or send a management key as Bearer token.",
    ),
    "invalid_api_key": _row(
        401,
        "The key is not valid.",
        "Invalid API key.",
        "The key is mistyped or does not exist.",
        "Check the key, or create a new one.",
    ),
    "key_expired": _row(
        401,
        "The key has expired.",
        "The key's expiry lies in the past.",
        "The key was created with an expiry.",
        "Set a later expiry or create a new key.",
    ),
    "key_disabled": _row(
        401,
        "The key is disabled.",
        "The key exists and is switched off.",
        "Someone disabled it, or its owner left the tenant.",
        "Enable the key, or use another one.",
    ),
    "key_revoked": _row(
        401,
        "The key is revoked.",
        "The key was revoked for good.",
        "Someone revoked it.",
        "Create a new key.",
    ),
    "sign_in_required": _row(
        401,
        "Sign in as the invited person.",
        "The invited e-mail address already has an account.",
        "The invitation was opened without being signed in as that account.",
        "Sign in with the invited e-mail address, then open the link again.",
    ),
    "permission_denied": _row(
        403,
        "You may not do this.",
        "The caller lacks the capability this needs.",
        "The role, the team or the key's scopes do not include it.",
        "Ask an owner or admin of the tenant for the capability named.",
    ),
    "step_up_required": _row(
        403,
        "Confirm that it is you.",
        "This needs a proof of identity that is at most 10 minutes old.",
        "The last password or code was entered longer ago.",
        "Enter the password or a code again, then repeat the request.",
    ),
    "mfa_required": _row(
        403,
        "Set up a second factor.",
        "The tenant asks for a second factor and the account has none.",
        "The tenant's MFA policy.",
        "Set up an authenticator app on the account page.",
    ),
    "session_required": _row(
        403,
        "This needs a signed-in person.",
        "Keys cannot do this.",
        "The path belongs to a person's own account.",
        "Sign in to the console and do it there.",
    ),
    "management_key_required": _row(
        403,
        "This key is for model traffic.",
        "Client keys cannot call the management API.",
        "A key of kind client was sent.",
        "Use a key of kind management.",
    ),
    "tenant_suspended": _row(
        403,
        "The tenant is suspended.",
        "A suspended tenant can be read but not changed.",
        "The platform's administrator suspended it.",
        "Ask the platform's administrator to resume it.",
    ),
    "csrf_failed": _row(
        403,
        "The request could not be verified.",
        "The CSRF token is missing or wrong.",
        "The header X-CSRFToken was not sent, or the page is older than the sign-in.",
        "Reload the page and try again.",
    ),
    "ip_not_allowed": _row(
        403,
        "This address is not allowed.",
        "The key may not be used from this address.",
        "The key's allowed or denied networks.",
        "Call from an allowed network, or change the key's networks.",
    ),
    "role_too_high": _row(
        403,
        "This role is above yours.",
        "Nobody can give, change or take away a role above their own.",
        "The owner role is given and taken by owners only.",
        "Ask an owner of the tenant.",
    ),
    "scope_too_wide": _row(
        403,
        "These scopes go beyond your own.",
        "A management key holds at most the capabilities of who creates it.",
        "A scope was named that the caller does not hold.",
        "Leave out the scopes named in the detail.",
    ),
    "not_found": _row(
        404,
        "There is nothing here.",
        "The address or the object does not exist, or belongs to someone else.",
        "A mistyped id or path, or another tenant's object.",
        "Check the id, the path and the tenant.",
    ),
    "tenant_not_found": _row(
        404,
        "No such tenant.",
        "The tenant named does not exist, or the caller does not belong to it.",
        "A mistyped slug in X-Switchyard-Tenant.",
        "Check the slug.",
    ),
    "invite_not_found": _row(
        404,
        "No such invitation.",
        "The link names no invitation.",
        "The link is incomplete.",
        "Copy the whole link, or ask for a new one.",
    ),
    "method_not_allowed": _row(
        405,
        "This method is not allowed here.",
        "The path exists, the method does not.",
        "A wrong method.",
        "See the API reference.",
    ),
    "body_too_slow": _row(
        408,
        "The request body arrived too slowly.",
        "Less than 1 KB a second came for 5 seconds, or the body took longer than its size allows.",
        "A stalled connection.",
        "Send the body without pauses.",
    ),
    "last_owner": _row(
        409,
        "A tenant needs an owner.",
        "The last active owner cannot be removed, demoted or disabled.",
        "No other active member is an owner.",
        "Make someone else an owner first.",
    ),
    "already_member": _row(
        409,
        "Already a member.",
        "The person is a member already.",
        "The invitation or the addition repeats what is there.",
        "Change the member instead.",
    ),
    "invite_pending": _row(
        409,
        "There is an open invitation.",
        "This e-mail address has an invitation that is still open.",
        "It was invited before.",
        "Resend or revoke the open invitation.",
    ),
    "invite_closed": _row(
        409,
        "The invitation is closed.",
        "Only an open invitation can be sent again or revoked.",
        "It was accepted or revoked before.",
        "Make a new invitation.",
    ),
    "name_taken": _row(
        409,
        "The name is taken.",
        "Another row of the same kind has this name.",
        "Names are unique here.",
        "Choose another name.",
    ),
    "team_not_empty": _row(
        409,
        "The team has teams below it.",
        "A team with teams below it cannot be deleted.",
        "Other teams name it as their parent.",
        "Move or delete the teams below it first.",
    ),
    "key_is_revoked": _row(
        409,
        "A revoked key stays revoked.",
        "Revoking is final.",
        "The key was revoked before.",
        "Create or clone a key.",
    ),
    "rotation_running": _row(
        409,
        "A rotation is still running.",
        "Two secrets of this key are valid already.",
        "The overlap of the rotation before has not ended.",
        "Wait until the old secret has expired.",
    ),
    "email_unavailable": _row(
        409,
        "This installation sends no e-mail.",
        "A link cannot be mailed.",
        "EMAIL_URL is not set.",
        "Ask an administrator for a link, or run switchyard users reset on the server.",
    ),
    "setup_token_used": _row(
        410,
        "The set-up link was used.",
        "A set-up link makes one owner.",
        "It was used before.",
        "Sign in; if nobody can, run switchyard setup-link on the server.",
    ),
    "setup_token_expired": _row(
        410,
        "The set-up link has expired.",
        "A set-up link is valid for 30 minutes, and a new one ends it.",
        "It was opened too late, or replaced.",
        "Run switchyard setup-link on the server and open the new link.",
    ),
    "invite_used": _row(
        410,
        "The invitation was used.",
        "An invitation can be accepted once.",
        "It was accepted before.",
        "Sign in.",
    ),
    "invite_expired": _row(
        410,
        "The invitation has expired.",
        "Invitations are valid for 7 days.",
        "It was opened too late.",
        "Ask for a new invitation.",
    ),
    "invite_revoked": _row(
        410,
        "The invitation was revoked.",
        "Who invited you took the invitation back.",
        "It was revoked.",
        "Ask for a new invitation.",
    ),
    "version_conflict": _row(
        412,
        "Someone else changed this.",
        "The row has another version than If-Match names.",
        "It was changed after it was read.",
        "Read it again and repeat the change.",
    ),
    "body_too_large": _row(
        413,
        "The body is too large.",
        "Bodies of the management API hold at most 1 MB.",
        "A larger body was sent.",
        "Send less at once.",
    ),
    "unsupported_media_type": _row(
        415,
        "Send JSON.",
        "The management API reads application/json only.",
        "Another Content-Type was sent.",
        "Send Content-Type: application/json.",
    ),
    "unsupported_encoding": _row(
        415,
        "Compressed request bodies are not accepted.",
        "The request has a Content-Encoding.",
        "A client that compresses what it sends.",
        "Send the body as it is.",
    ),
    "idempotency_key_reuse": _row(
        422,
        "This Idempotency-Key was used for another request.",
        "An Idempotency-Key belongs to one request for 24 hours.",
        "The same key came with another path, body or caller.",
        "Use a new Idempotency-Key.",
    ),
    "login_locked": _row(
        429,
        "Too many failed sign-ins.",
        "This e-mail address cannot sign in from this network address for 15 minutes.",
        "Five failed sign-ins from the same network address.",
        "Wait as long as Retry-After says, or sign in from elsewhere.",
    ),
    "rate_limited": _row(
        429,
        "Too many requests.",
        "The limit of the management API is reached.",
        "More than 600 requests within a minute.",
        "Wait as long as Retry-After says.",
    ),
    "headers_too_large": _row(
        431,
        "The request has too many or too large headers.",
        "At most 100 headers and 32 KB of them are read.",
        "Large cookies, or a proxy that adds many headers.",
        "Send fewer or shorter headers.",
    ),
    "internal_error": _row(
        500,
        "Something failed on our side.",
        "The request could not be completed.",
        "A defect, or a fault of a service below.",
        "Try again; if it stays, report the request id.",
    ),
    "unavailable": _row(
        503,
        "The service is busy.",
        "The database did not answer in time.",
        "High load, or a service below is down.",
        "Try again shortly.",
    ),
}
