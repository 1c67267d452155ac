// How a process of Rill ends.
#pragma once

namespace rill {

/// Keeps OpenSSL usable until the last thread is gone. Its own cleanup at exit() takes it from under threads
/// that still use it: a DTLS timer of a viewer who has just left may fire while the process ends
/// (OPENSSL_init_crypto(3), OPENSSL_INIT_NO_ATEXIT). The system gets the memory anyway.
///
/// Main thread, first thing: it counts only before anything else uses OpenSSL.
void keep_openssl_at_exit();

}  // namespace rill
