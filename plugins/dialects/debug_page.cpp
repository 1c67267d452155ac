#include "debug_page.hpp"

#include <rill/ref.hpp>

#include <fmt/format.h>
#include <glib.h>

#include <array>
#include <string>
#include <string_view>

namespace rill::dialects {

namespace {

constexpr std::string_view style = R"css(
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 1rem auto; padding: 0 1rem; }
  video { width: 100%; background: #000; aspect-ratio: 16 / 9; }
  form, .controls { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0; align-items: center; }
  input { width: 12rem; }
)css";

constexpr std::string_view script = R"js(
  const element = (id) => document.getElementById(id);
  const say = (text) => { element('status').textContent = text; };
  let peer = null;
  let session = null;

  async function call(method, url, body) {
    const answer = await fetch(url, {
      method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status}: ${told.error}`);
    return told;
  }

  async function close() {
    if (session) await call('DELETE', session).catch(() => {});
    peer?.close();
    peer = session = null;
    say('not connected');
  }

  async function gathered(connection) {
    if (connection.iceGatheringState === 'complete') return;
    await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve();
    }));
  }

  async function connect(kind) {
    await close();
    const streams = `/streams/${encodeURIComponent(element('source').value)}/webrtc`;
    peer = new RTCPeerConnection();
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    const media = new MediaStream();
    element('video').srcObject = media;
    peer.ontrack = ({ track }) => media.addTrack(track);
    peer.onconnectionstatechange = () => peer && say(peer.connectionState);
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const created = await call('POST', streams + kind, { sdp: peer.localDescription.sdp });
    session = `${streams}/${created.session_id}`;
    await peer.setRemoteDescription({ type: 'answer', sdp: created.sdp });
  }

  async function steer(verb, body) {
    if (!session) throw new Error('not connected');
    const told = await call(verb === 'mode' ? 'GET' : 'POST', `${session}/${verb}`, body);
    say(`${told.mode}, ${told.timestamp}, speed ${told.speed}`);
  }

  const act = (work) => (event) => {
    event.preventDefault();
    work().catch((error) => say(error.message));
  };
  element('connect').addEventListener('submit', act(() => connect('')));
  element('dvr').addEventListener('click', act(() => connect('/dvr')));
  element('close').addEventListener('click', act(close));
  element('seek').addEventListener('click',
    act(() => steer('seek', { timestamp: new Date(Date.now() - 1000 * element('back').value).toISOString() })));
  element('live').addEventListener('click', act(() => steer('live')));
  element('speed').addEventListener('click', act(() => steer('speed', { speed: Number(element('rate').value) })));
  element('mode').addEventListener('click', act(() => steer('mode')));
)js";

constexpr std::string_view until_style = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WebRTC client – Rill</title>
<style>)html";

constexpr std::string_view until_script = R"html(</style>
<h1>WebRTC client</h1>
<form id="connect">
  <label>Source <input id="source" required inputmode="numeric" placeholder="1"></label>
  <button>Live</button>
  <button type="button" id="dvr">From the first recording</button>
  <button type="button" id="close">Close</button>
</form>
<video id="video" autoplay muted playsinline controls></video>
<div class="controls">
  <label>Seconds back <input id="back" type="number" min="0" value="30"></label>
  <button type="button" id="seek">Seek</button>
  <button type="button" id="live">Back to live</button>
  <label>Speed <input id="rate" type="number" step="0.25" value="1"></label>
  <button type="button" id="speed">Set</button>
  <button type="button" id="mode">Mode</button>
</div>
<output id="status">not connected</output>
<script>)html";

constexpr std::string_view until_end = R"html(</script>
</html>
)html";

/// 'sha256-…' (CSP Level 3 §2.3.1), by which this text and no other may stand in the page.
std::string hash_of(std::string_view text) {
    const Owned<char> hex(g_compute_checksum_for_data(
        G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(text.data()), text.size()));
    std::array<guchar, 32> digest{};
    for (std::size_t at = 0; at < digest.size(); ++at)
        digest.at(at) = static_cast<guchar>(g_ascii_xdigit_value(hex.get()[2 * at]) * 16 +
                                            g_ascii_xdigit_value(hex.get()[2 * at + 1]));
    const Owned<char> base64(g_base64_encode(digest.data(), digest.size()));
    return fmt::format("'sha256-{}'", base64.get());
}

}  // namespace

http::Response debug_page() {
    static const std::string page =
        fmt::format("{}{}{}{}{}", until_style, style, until_script, script, until_end);
    static const std::string policy = fmt::format(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; form-action 'self'; base-uri "
        "'none'; "
        "object-src 'none'; frame-ancestors 'none'",
        hash_of(script), hash_of(style));
    return http::Response::text(200, "text/html; charset=utf-8", page)
        .header("cache-control", "no-cache")
        .header("content-security-policy", policy);
}

}  // namespace rill::dialects
