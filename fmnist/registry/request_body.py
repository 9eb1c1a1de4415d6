"""The body of a request, of a bounded size."""

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def read(request: Request, mebibytes: int) -> bytes:
    """The body, counted as it comes: its length need not be announced, or true.

    Raises:
        HTTPException: 413 if it is larger than so many mebibytes.
        ClientDisconnect: if the client hangs up.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > mebibytes * 2**20:
            raise HTTPException(413, f"The body is larger than {mebibytes} MiB.")
    return bytes(body)
