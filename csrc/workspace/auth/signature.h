/* Signing of requests with an access key and a secret key, as Huawei Cloud's API gateway checks it.
 * No Lua and no I/O. */
#ifndef ROLLCALL_SIGNATURE_H
#define ROLLCALL_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#define SIGNATURE_HEX_SIZE 65
#define SIGNATURE_DATE_SIZE 17

struct signature_header {
    const char *name; /* in lower case */
    const char *value;
};

/* What is signed of a request. Path and query are percent-encoded already, with nothing but
 * A-Za-z0-9-_.~ bare; the query's parameters and the headers stand in the order of their names. */
struct signature_request {
    const char *method;
    const char *path;
    const char *query;
    const struct signature_header *headers;
    size_t header_count;
    const char *body;
    size_t body_length;
};

struct signature_key {
    const char *access;
    const char *secret;
};

/* Writes a moment as X-Sdk-Date has it, `YYYYMMDDTHHMMSSZ`. */
void signature_date(long long epoch_seconds, char date[SIGNATURE_DATE_SIZE]);

/* The hash of the canonical request in hexadecimal. False if the system cannot. */
bool signature_canonical_hash(const struct signature_request *request,
                              char hash[SIGNATURE_HEX_SIZE]);

/* Writes the value of the Authorization header. False if the system cannot or it does not fit. */
bool signature_authorize(const struct signature_request *request, const struct signature_key *key,
                         const char *date, char *authorization, size_t size);

#endif
