/* Hashes, randomness and forgetting, as whatever library the system has does them. No Lua. */
#ifndef ROLLCALL_CRYPTO_H
#define ROLLCALL_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

#define SHA256_SIZE 32

struct sha256;

/* NULL if it cannot be had. */
struct sha256 *sha256_begin(void);

/* False if something failed, or there is no hash. */
bool sha256_add(struct sha256 *hash, const void *bytes, size_t length);

/* Frees the hash. False if something failed, or there is none. */
bool sha256_end(struct sha256 *hash, unsigned char digest[SHA256_SIZE]);

bool hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char digest[SHA256_SIZE]);

/* Bytes that nobody foresees; they stay as they are if there are none to be had. */
void random_bytes(void *bytes, size_t length);

/* Overwrites what was secret. */
void wipe(void *bytes, size_t length);

#endif
