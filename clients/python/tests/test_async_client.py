"""AsyncRTSPStreamClient against a server that does as the test says."""

import asyncio
import threading
import unittest

from fake_server import FakeServer, message
from rill import AsyncRTSPStreamClient, RillError, StreamNotConfigured


def three(peer):
    for sequence in range(3):
        peer.send(message(sequence))
    peer.until_gone()


class Async(unittest.IsolatedAsyncioTestCase):
    def serve(self, script=three):
        server = FakeServer(script)
        self.addCleanup(server.close)
        return server

    async def test_iteration_ends_with_the_client(self):
        server = self.serve()
        async with AsyncRTSPStreamClient(server.url, "cam", format="bgr") as client:
            await client.start_stream("rtsp://192.0.2.10/stream1", width=4, height=2)
            client.start_receiving()
            seen = []

            async def iterate():
                async for frame in client.frames():
                    seen.append((frame.sequence, frame.array.shape))
                    if len(seen) == 3:
                        await client.close()

            await asyncio.wait_for(iterate(), 10)
        self.assertEqual(seen, [(sequence, (2, 4, 3)) for sequence in range(3)])

    async def test_two_cameras_at_once(self):
        server = self.serve()

        async def first(name):
            async with AsyncRTSPStreamClient(server.url, name) as client:
                client.start_receiving()
                return (await client.get_frame(timeout=10)).shape

        self.assertEqual(await asyncio.gather(first("cam"), first("cam2")), [(2, 4, 3)] * 2)

    async def test_no_frame_in_time_and_none_is_lost_by_it(self):
        release = asyncio.Event()
        loop = asyncio.get_running_loop()

        def script(peer):
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10)
            three(peer)

        async with AsyncRTSPStreamClient(self.serve(script).url, "cam") as client:
            client.start_receiving()
            self.assertIsNone(await client.next_frame(timeout=0.01))
            release.set()
            self.assertEqual((await client.next_frame(timeout=10)).sequence, 0)
            self.assertEqual(client.counters.connections, 1)

    async def test_a_frame_that_is_there_needs_no_time(self):
        sent = threading.Event()

        def script(peer):
            peer.send(message(0))
            peer.send(b"?", 9)
            peer.receive()  # the pong: the client has read the frame
            sent.set()
            peer.until_gone()

        async with AsyncRTSPStreamClient(self.serve(script).url, "cam") as client:
            client.start_receiving()
            self.assertTrue(await asyncio.to_thread(sent.wait, 10))
            self.assertEqual((await client.next_frame(timeout=0)).sequence, 0)

    async def test_closing_wakes_who_waits(self):
        server = self.serve(lambda peer: peer.until_gone())
        client = AsyncRTSPStreamClient(server.url, "cam")
        client.start_receiving()
        waiting = asyncio.ensure_future(client.get_frame())
        await asyncio.sleep(0)
        await client.close()
        self.assertIsNone(await asyncio.wait_for(waiting, 10))

    async def test_errors(self):
        server = self.serve()
        server.upgrade = b"HTTP/1.1 404 Not Found\r\n\r\n"
        async with AsyncRTSPStreamClient(server.url, "door") as client:
            with self.assertRaises(RillError):
                await client.get_frame(timeout=0)
            with self.assertRaises(StreamNotConfigured):
                await client.start_stream()
            client.start_receiving()
            with self.assertRaises(StreamNotConfigured):
                await client.get_frame(timeout=10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
