#include "process_exit.hpp"

#include <openssl/crypto.h>

namespace rill {

void keep_openssl_at_exit() {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
}

}  // namespace rill
