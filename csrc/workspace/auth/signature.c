#define _GNU_SOURCE

#include "workspace/auth/signature.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "workspace/auth/crypto.h"

#define ALGORITHM "SDK-HMAC-SHA256"

static void to_hex(const unsigned char digest[SHA256_SIZE], char hex[SIGNATURE_HEX_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[SIGNATURE_HEX_SIZE - 1] = '\0';
}

static bool to_utc(time_t moment, struct tm *utc) {
#if defined(_WIN32)
    return gmtime_s(utc, &moment) == 0;
#else
    return gmtime_r(&moment, utc) != NULL;
#endif
}

void signature_date(long long epoch_seconds, char date[SIGNATURE_DATE_SIZE]) {
    struct tm utc;
    if (!to_utc((time_t)epoch_seconds, &utc) ||
        strftime(date, SIGNATURE_DATE_SIZE, "%Y%m%dT%H%M%SZ", &utc) == 0)
        date[0] = '\0';
}

static bool add_text(struct sha256 *hash, const char *text) {
    return sha256_add(hash, text, strlen(text));
}

static bool add_signed_names(struct sha256 *hash, const struct signature_request *request) {
    for (size_t i = 0; i < request->header_count; i++)
        if ((i > 0 && !add_text(hash, ";")) || !add_text(hash, request->headers[i].name))
            return false;
    return true;
}

/* The gateway signs the path with a slash at its end, whether the request has one or not. */
static bool add_path(struct sha256 *hash, const char *path) {
    size_t length = strlen(path);
    bool ends_in_slash = length > 0 && path[length - 1] == '/';
    return add_text(hash, path) && (ends_in_slash || add_text(hash, "/"));
}

static bool add_header(struct sha256 *hash, const struct signature_header *header) {
    return add_text(hash, header->name) && add_text(hash, ":") && add_text(hash, header->value) &&
           add_text(hash, "\n");
}

static bool add_canonical_request(struct sha256 *hash, const struct signature_request *request,
                                  const char *body_hash) {
    if (!add_text(hash, request->method) || !add_text(hash, "\n") ||
        !add_path(hash, request->path) || !add_text(hash, "\n") ||
        !add_text(hash, request->query) || !add_text(hash, "\n"))
        return false;
    for (size_t i = 0; i < request->header_count; i++)
        if (!add_header(hash, &request->headers[i]))
            return false;
    return add_text(hash, "\n") && add_signed_names(hash, request) && add_text(hash, "\n") &&
           add_text(hash, body_hash);
}

bool signature_canonical_hash(const struct signature_request *request,
                              char hash[SIGNATURE_HEX_SIZE]) {
    unsigned char digest[SHA256_SIZE];
    struct sha256 *of_body = sha256_begin();
    bool added = sha256_add(of_body, request->body, request->body_length);
    if (!sha256_end(of_body, digest) || !added)
        return false;
    to_hex(digest, hash);
    struct sha256 *of_request = sha256_begin();
    added = add_canonical_request(of_request, request, hash);
    if (!sha256_end(of_request, digest) || !added)
        return false;
    to_hex(digest, hash);
    return true;
}

/* Appends to a text of `*length`; false if it does not fit. */
static bool append(char *text, size_t size, size_t *length, const char *more) {
    size_t more_length = strlen(more);
    if (more_length >= size - *length)
        return false;
    memcpy(text + *length, more, more_length + 1);
    *length += more_length;
    return true;
}

bool signature_authorize(const struct signature_request *request, const struct signature_key *key,
                         const char *date, char *authorization, size_t size) {
    char hash[SIGNATURE_HEX_SIZE];
    char to_sign[sizeof ALGORITHM + SIGNATURE_DATE_SIZE + SIGNATURE_HEX_SIZE];
    unsigned char digest[SHA256_SIZE];
    if (strlen(date) != SIGNATURE_DATE_SIZE - 1 || !signature_canonical_hash(request, hash))
        return false;
    int to_sign_length = snprintf(to_sign, sizeof to_sign, "%s\n%s\n%s", ALGORITHM, date, hash);
    if (!hmac_sha256(key->secret, strlen(key->secret), to_sign, (size_t)to_sign_length, digest))
        return false;
    to_hex(digest, hash);

    size_t length = 0;
    bool fits = append(authorization, size, &length, ALGORITHM " Access=") &&
                append(authorization, size, &length, key->access) &&
                append(authorization, size, &length, ", SignedHeaders=");
    for (size_t i = 0; fits && i < request->header_count; i++)
        fits = (i == 0 || append(authorization, size, &length, ";")) &&
               append(authorization, size, &length, request->headers[i].name);
    return fits && append(authorization, size, &length, ", Signature=") &&
           append(authorization, size, &length, hash);
}
