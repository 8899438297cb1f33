/* The headers by which a request carries its credentials. No Lua and no I/O. */
#ifndef ROLLCALL_HEADERS_H
#define ROLLCALL_HEADERS_H

#include <curl/curl.h>

/* Either a token, or an access key and a secret key with which each request is signed. What is
 * not there is NULL. No string may contain a line break. */
struct authorization {
    const char *token;
    const char *access;
    const char *secret;
    const char *security_token;
    const char *host; /* as the Host header has it */
    const char *project_id;
};

/* Headers for a POST if there is a `body`, else for a GET; NULL if there is no memory or libcrypto
 * fails. Path and query are percent-encoded. */
struct curl_slist *authorization_headers(const struct authorization *authorization,
                                         const char *path, const char *query, const char *body,
                                         long long epoch_seconds);

/* Adds `name: value`; frees the list and returns NULL if there is no memory, or the list was NULL
 * and `begun` is not 0. */
struct curl_slist *authorization_add_header(struct curl_slist *headers, int begun, const char *name,
                                            const char *value);

/* Wipes and frees the list, which may be NULL. */
void authorization_free_headers(struct curl_slist *headers);

#endif
