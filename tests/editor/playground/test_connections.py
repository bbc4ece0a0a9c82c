"""Half-open requests: their maximum number and timeout."""

import asyncio

from aiohttp import web

from seqspec.editor.playground.security import BoundedConnections


def serving(work, **bounds):
    """Runs `work(connections, port)` beside a server that answers `pong`."""

    async def answer(request):
        return web.Response(text="pong")

    async def run():
        app = web.Application()
        app.router.add_get("/", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        connections = BoundedConnections(runner.server, **bounds)
        server = await asyncio.get_running_loop().create_server(connections, "127.0.0.1", 0)
        try:
            await asyncio.wait_for(work(connections, server.sockets[0].getsockname()[1]), 300)
        finally:
            server.close()
            await runner.cleanup()

    asyncio.run(run())


async def closed(reader):
    """Waits for the other side to close a connection; the bytes that came before."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


def test_a_request_that_stays_half_open_is_closed():
    async def work(connections, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert await closed(reader) == b""
        writer.close()
        while connections.held:
            await asyncio.sleep(0.01)

    serving(work, patience=0.2)


def test_a_whole_request_in_pieces_is_answered_and_the_connection_lives_on():
    async def work(connections, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for wait in (5.5, 0):
            for piece in (b"GET / HTTP/1.1\r\nHost: x\r", b"\n\r", b"\n"):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
            assert (await reader.readuntil(b"pong")).startswith(b"HTTP/1.1 200")
            # Longer than the first request may take.
            await asyncio.sleep(wait)
        assert connections.held == 1
        writer.close()

    serving(work, patience=5.0)


def test_connections_beyond_the_bound_are_closed_at_once_and_later_ones_served():
    async def work(connections, port):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        while connections.held < 3:
            await asyncio.sleep(0.01)
        reader, beyond = await asyncio.open_connection("127.0.0.1", port)
        assert await closed(reader) == b"" and connections.held == 3
        beyond.close()
        for _, writer in held:
            writer.close()
        while connections.held:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"pong")).startswith(b"HTTP/1.1 200")
        writer.close()

    serving(work, most=3, patience=30.0)
