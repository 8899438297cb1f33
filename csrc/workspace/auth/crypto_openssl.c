#include "workspace/auth/crypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

/* An EVP_MD_CTX under another name. */
static EVP_MD_CTX *context_of(struct sha256 *hash) {
    return (EVP_MD_CTX *)(void *)hash;
}

struct sha256 *sha256_begin(void) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1)
        return (struct sha256 *)(void *)context;
    EVP_MD_CTX_free(context);
    return NULL;
}

bool sha256_add(struct sha256 *hash, const void *bytes, size_t length) {
    return hash && EVP_DigestUpdate(context_of(hash), bytes, length) == 1;
}

bool sha256_end(struct sha256 *hash, unsigned char digest[SHA256_SIZE]) {
    bool ended = hash && EVP_DigestFinal_ex(context_of(hash), digest, NULL) == 1;
    EVP_MD_CTX_free(context_of(hash));
    return ended;
}

bool hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char digest[SHA256_SIZE]) {
    return key_length <= INT_MAX &&
           HMAC(EVP_sha256(), key, (int)key_length, bytes, length, digest, NULL);
}

void random_bytes(void *bytes, size_t length) {
    if (length <= INT_MAX)
        RAND_bytes(bytes, (int)length);
}

void wipe(void *bytes, size_t length) {
    OPENSSL_cleanse(bytes, length);
}
