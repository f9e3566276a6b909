"""What an OpenAPI document cannot tell Schemathesis, which loads this file into its own process."""

from datetime import date, datetime, timedelta
from itertools import count

import schemathesis
from schemathesis.generation.meta import CONTENT_TYPE_PROBES, coverage_scenario

_numbers = count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request comes from an address of its own, else sign-in's back-off would answer in the service's place."""
    number = next(_numbers)
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@schemathesis.check
def unsupported_media_type(context, response, case):
    """A body of another media type is refused as that; Schemathesis only sees that it is no 5xx."""
    if coverage_scenario(case) in CONTENT_TYPE_PROBES and response.request.body:
        assert response.status_code == 415, f"expected 415, got {response.status_code}"


@schemathesis.hook.apply_to(name="POST /tebra/requests")
def map_case(context, case):
    """JSON Schema cannot compare two members: a range that ends before it begins is turned round, one too long cut."""
    params = case.body.get("params") if isinstance(case.body, dict) else None
    if isinstance(params, dict):
        days = _ordered(params, "fromDate", "toDate", date.fromisoformat, timedelta(0), timedelta(days=366))
        times = _ordered(params, "start", "end", datetime.fromisoformat, timedelta(minutes=1), timedelta(days=1))
        case.body = {**case.body, "params": {**params, **days, **times}}
    return case


def _ordered(params, first, last, read, shortest, longest):
    try:
        begin, end = sorted(read(params[name]) for name in (first, last))
        end = min(max(end, begin + shortest), begin + longest)
    except (KeyError, TypeError, ValueError, OverflowError):
        return {}
    return {name: value.isoformat().replace("+00:00", "Z") for name, value in ((first, begin), (last, end))}
