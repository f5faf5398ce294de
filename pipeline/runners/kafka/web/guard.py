"""Access control of the live page: local visitors, and others who know the token.

Article texts are not public. On a loopback address the page answers only requests whose Host header
names this machine. Another site may point its own name at this address (DNS rebinding), but it
cannot change the Host header that the browser sends.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re

from aiohttp import web

COOKIE = "copydesk_page"
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^:\[\]]+))(?::[0-9]{1,5})?", re.IGNORECASE)

NOT_OPEN = (
    "The live page shows texts of articles, so it is not open to other machines without a token: "
    "set worker.page_token (COPYDESK_WORKER__PAGE_TOKEN), or worker.host to 127.0.0.1."
)
WRONG_NAME = (
    "This page answers to localhost, 127.0.0.1 and [::1] only. Behind a proxy, pass one of them on "
    "as the Host header."
)
EMBEDDED = "Pages of other sites may link to this one, and nothing else."


class Guard:
    """Decides by listening address, Host header and token."""

    def __init__(self, host: str, token: str | None) -> None:
        self._is_local = _is_loopback(host)
        self._token = token

    def refusal(self, request: web.Request) -> str | None:
        """Returns why a request is refused whatever token it has, or None."""
        if self._token is None and not self._is_local:
            return NOT_OPEN
        found = _HOST.fullmatch(request.headers.get("Host", ""))
        if self._is_local and not (found and _is_loopback(found[1] or found[2])):
            return WRONG_NAME
        is_foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
        if is_foreign and request.headers.get("Sec-Fetch-Mode") != "navigate":
            return EMBEDDED
        return None

    def admits(self, request: web.Request) -> bool:
        """Whether the request carries the token or needs none."""
        if self._token is None:
            return True
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.knows(shown.strip()):
            return True
        return _equal(request.cookies.get(COOKIE, ""), self._proof())

    def knows(self, shown: str) -> bool:
        """Whether this is the token."""
        return self._token is not None and _equal(shown, self._token)

    def remember(self, response: web.StreamResponse, *, is_https: bool) -> None:
        """Sets a cookie that admits the browser from now on; it does not contain the token."""
        response.set_cookie(
            COOKIE, self._proof(), httponly=True, samesite="Strict", path="/", secure=is_https
        )

    def _proof(self) -> str:
        return hmac.new(
            (self._token or "").encode(), b"copydesk live page", hashlib.sha256
        ).hexdigest()


def _equal(one: str, other: str) -> bool:
    """Constant-time comparison."""
    return hmac.compare_digest(*(text.encode(errors="surrogateescape") for text in (one, other)))


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
