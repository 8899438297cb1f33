#include "workspace/auth/headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workspace/auth/crypto.h"
#include "workspace/auth/signature.h"

#define SHORT_HEADER 512

void authorization_free_headers(struct curl_slist *headers) {
    for (const struct curl_slist *header = headers; header; header = header->next)
        wipe(header->data, strlen(header->data));
    curl_slist_free_all(headers);
}

struct curl_slist *authorization_add_header(struct curl_slist *headers, int begun, const char *name,
                                            const char *value) {
    if (begun && !headers)
        return NULL;
    size_t size = strlen(name) + strlen(value) + sizeof ": ";
    char *line = malloc(size);
    struct curl_slist *longer = NULL;
    if (line) {
        snprintf(line, size, "%s: %s", name, value);
        longer = curl_slist_append(headers, line);
        wipe(line, size);
        free(line);
    }
    if (!longer)
        authorization_free_headers(headers);
    return longer;
}

static struct curl_slist *signed_headers(const struct authorization *authorization,
                                         const char *path, const char *query, const char *body,
                                         long long epoch_seconds) {
    char date[SIGNATURE_DATE_SIZE];
    char value[SHORT_HEADER];
    signature_date(epoch_seconds, date);
    const struct signature_header signed_ones[] = {
        {"host", authorization->host},
        {"x-project-id", authorization->project_id},
        {"x-sdk-date", date},
        {"x-security-token", authorization->security_token},
    };
    const struct signature_request request = {
        .method = body ? "POST" : "GET",
        .path = path,
        .query = query,
        .headers = signed_ones,
        .header_count = authorization->security_token ? 4 : 3,
        .body = body ? body : "",
        .body_length = body ? strlen(body) : 0,
    };
    const struct signature_key key = {authorization->access, authorization->secret};
    if (!signature_authorize(&request, &key, date, value, sizeof value))
        return NULL;
    struct curl_slist *headers = authorization_add_header(NULL, 0, "Authorization", value);
    headers = authorization_add_header(headers, 1, "X-Sdk-Date", date);
    headers = authorization_add_header(headers, 1, "X-Project-Id", authorization->project_id);
    if (authorization->security_token)
        headers =
            authorization_add_header(headers, 1, "X-Security-Token", authorization->security_token);
    return headers;
}

struct curl_slist *authorization_headers(const struct authorization *authorization,
                                         const char *path, const char *query, const char *body,
                                         long long epoch_seconds) {
    if (authorization->token)
        return authorization_add_header(NULL, 0, "X-Auth-Token", authorization->token);
    return signed_headers(authorization, path, query, body, epoch_seconds);
}
