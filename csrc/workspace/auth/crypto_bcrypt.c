#include "workspace/auth/crypto.h"

#include <limits.h>
#include <windows.h>
/* after windows.h */
#include <bcrypt.h>

/* A BCRYPT_HASH_HANDLE under another name. */
static BCRYPT_HASH_HANDLE handle_of(struct sha256 *hash) {
    return (BCRYPT_HASH_HANDLE)(void *)hash;
}

/* A hash, or with a key an HMAC; NULL if it cannot be had. */
static BCRYPT_HASH_HANDLE begin(const void *key, ULONG key_length) {
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash = NULL;
    if (!BCRYPT_SUCCESS(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL,
                                                    key ? BCRYPT_ALG_HANDLE_HMAC_FLAG : 0)))
        return NULL;
    if (!BCRYPT_SUCCESS(
            BCryptCreateHash(algorithm, &hash, NULL, 0, (PUCHAR)(ULONG_PTR)key, key_length, 0)))
        hash = NULL;
    BCryptCloseAlgorithmProvider(algorithm, 0);
    return hash;
}

static bool add(BCRYPT_HASH_HANDLE hash, const void *bytes, size_t length) {
    return length <= ULONG_MAX &&
           BCRYPT_SUCCESS(BCryptHashData(hash, (PUCHAR)(ULONG_PTR)bytes, (ULONG)length, 0));
}

static bool end(BCRYPT_HASH_HANDLE hash, unsigned char digest[SHA256_SIZE]) {
    bool ended = BCRYPT_SUCCESS(BCryptFinishHash(hash, digest, SHA256_SIZE, 0));
    BCryptDestroyHash(hash);
    return ended;
}

struct sha256 *sha256_begin(void) {
    return (struct sha256 *)(void *)begin(NULL, 0);
}

bool sha256_add(struct sha256 *hash, const void *bytes, size_t length) {
    return hash && add(handle_of(hash), bytes, length);
}

bool sha256_end(struct sha256 *hash, unsigned char digest[SHA256_SIZE]) {
    return hash && end(handle_of(hash), digest);
}

bool hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char digest[SHA256_SIZE]) {
    if (key_length > ULONG_MAX)
        return false;
    BCRYPT_HASH_HANDLE hash = begin(key, (ULONG)key_length);
    bool added = hash && add(hash, bytes, length);
    return hash && end(hash, digest) && added;
}

void random_bytes(void *bytes, size_t length) {
    if (length <= ULONG_MAX)
        BCryptGenRandom(NULL, bytes, (ULONG)length, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
}

void wipe(void *bytes, size_t length) {
    SecureZeroMemory(bytes, length);
}
