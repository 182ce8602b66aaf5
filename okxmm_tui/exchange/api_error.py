"""How the exchange refuses a request: one error with OKX's code, text and HTTP status.

Raised anywhere below the two edges (REST and WebSocket) and turned into an OKX answer there; it
never leaves the package.
"""

from __future__ import annotations

HTTP_STATUS = {
    "50000": 400,
    "50001": 503,
    "50002": 400,
    "50004": 400,
    "50005": 410,
    "50006": 400,
    "50011": 429,
    "50013": 429,
    "50014": 400,
    "50026": 500,
    "50100": 400,
    "50101": 401,
    "50102": 401,
    "50103": 401,
    "50104": 401,
    "50105": 401,
    "50106": 401,
    "50107": 401,
    "50111": 401,
    "50112": 401,
    "50113": 401,
    "50115": 405,
    "51000": 400,
    "51054": 500,
    "51149": 500,
}
"""HTTP status per error code (OKX v5, error codes); every other code comes with 200."""


class ApiError(Exception):
    """A refused request.

    Args:
        code: OKX error code.
        text: One sentence for the client.
        sub_code: Detail code of order refusals, e.g. 1000 beside 51008.
    """

    def __init__(self, code: str, text: str, sub_code: str = "") -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.sub_code = sub_code

    @property
    def http_status(self) -> int:
        """HTTP status that carries this error."""
        return HTTP_STATUS.get(self.code, 200)


def missing(name: str) -> ApiError:
    """Refuse a request for an absent parameter."""
    return ApiError("50014", f"Parameter {name} can not be empty.")


def wrong(name: str, why: str = "") -> ApiError:
    """Refuse a request for a parameter of a wrong value."""
    return ApiError("51000", f"Parameter {name} error{': ' + why if why else '.'}")


def no_mass_cancel() -> ApiError:
    """Refuse mass-cancel: it serves options under market-maker protection, which nobody has here."""
    return ApiError("51411", "The account has no permission for mass cancel.")
