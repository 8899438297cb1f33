#include "workspace/http_failure.h"

#include <stdio.h>
#include <string.h>

#define UNAUTHORIZED 401
#define FORBIDDEN 403

struct status_name {
    long status;
    const char *code;
    const char *message;
};

static const struct status_name status_names[] = {
    {400, "BAD_REQUEST", "the service does not understand the request"},
    {UNAUTHORIZED, "UNAUTHORIZED", "the credentials were refused"},
    {FORBIDDEN, "FORBIDDEN", "not permitted"},
    {404, "NOT_FOUND", "there is no such thing"},
    {405, "METHOD_NOT_ALLOWED", "the service does not take this method"},
    {407, "PROXY_AUTHENTICATION_REQUIRED", "the proxy wants credentials"},
    {415, "UNSUPPORTED_MEDIA_TYPE", "the service does not take this format"},
    {429, "TOO_MANY_REQUESTS", "the service is throttling"},
    {500, "INTERNAL_SERVER_ERROR", "an error inside the service"},
    {502, "BAD_GATEWAY", "the gateway could not reach the service"},
    {503, "SERVICE_UNAVAILABLE", "the service is not available"},
    {504, "GATEWAY_TIMEOUT", "the service did not answer the gateway"},
};

struct result_name {
    CURLcode result;
    const char *code;
};

#define NAMED(result)                                                                              \
    { result, #result }
static const struct result_name result_names[] = {
    NAMED(CURLE_COULDNT_RESOLVE_PROXY),
    NAMED(CURLE_COULDNT_RESOLVE_HOST),
    NAMED(CURLE_COULDNT_CONNECT),
    NAMED(CURLE_WEIRD_SERVER_REPLY),
    NAMED(CURLE_PARTIAL_FILE),
    NAMED(CURLE_WRITE_ERROR),
    NAMED(CURLE_OUT_OF_MEMORY),
    NAMED(CURLE_OPERATION_TIMEDOUT),
    NAMED(CURLE_SSL_CONNECT_ERROR),
    NAMED(CURLE_GOT_NOTHING),
    NAMED(CURLE_SEND_ERROR),
    NAMED(CURLE_RECV_ERROR),
    NAMED(CURLE_PEER_FAILED_VERIFICATION),
    NAMED(CURLE_SSL_CACERT_BADFILE),
    NAMED(CURLE_UNSUPPORTED_PROTOCOL),
    NAMED(CURLE_HTTP2),
    NAMED(CURLE_HTTP2_STREAM),
    NAMED(CURLE_PROXY),
};

void http_failure_set(struct http_failure *failure, const char *code, const char *message) {
    snprintf(failure->code, sizeof failure->code, "%s", code);
    snprintf(failure->message, sizeof failure->message, "%s", message);
}

static void describe_status(struct http_failure *failure, long status) {
    for (size_t i = 0; i < sizeof status_names / sizeof status_names[0]; i++) {
        if (status_names[i].status == status) {
            http_failure_set(failure, status_names[i].code, status_names[i].message);
            return;
        }
    }
    if (status >= 300 && status < 400) {
        http_failure_set(failure, "REDIRECT_REFUSED",
                         "the server points elsewhere, where the credentials do not go");
        return;
    }
    snprintf(failure->code, sizeof failure->code, "HTTP_%ld", status);
    snprintf(failure->message, sizeof failure->message, "an answer with an unexpected status");
}

static void describe_result(struct http_failure *failure, const struct transfer *transfer,
                            const struct secrets *secrets) {
    if (transfer->too_large) {
        http_failure_set(failure, "BODY_TOO_LARGE", "the answer is larger than max_body allows");
        return;
    }
    snprintf(failure->code, sizeof failure->code, "CURLE_%d", (int)transfer->result);
    for (size_t i = 0; i < sizeof result_names / sizeof result_names[0]; i++)
        if (result_names[i].result == transfer->result)
            snprintf(failure->code, sizeof failure->code, "%s", result_names[i].code);
    const char *words = transfer->problem;
    if (transfer->result == CURLE_OPERATION_TIMEDOUT)
        words = "no answer in time";
    else if (!words[0])
        words = curl_easy_strerror(transfer->result);
    /* libcurl quotes a proxy that it cannot use, with the password in it. */
    const char *quoted = strstr(words, "proxy") ? strchr(words, '\'') : NULL;
    size_t length = quoted ? (size_t)(quoted - words) : strlen(words);
    plain_text_copy(failure->message, sizeof failure->message, words, length, secrets);
    length = strlen(failure->message);
    if (quoted)
        snprintf(failure->message + length, sizeof failure->message - length, "'***'");
}

void http_failure_describe(struct http_failure *failure, const char *stage,
                           const struct transfer *transfer, const struct secrets *secrets) {
    memset(failure, 0, sizeof *failure);
    failure->stage = stage;
    if (transfer->result != CURLE_OK) {
        describe_result(failure, transfer, secrets);
        return;
    }
    failure->status = transfer_status(transfer);
    describe_status(failure, failure->status);
    const char *request_id = transfer_header(transfer, "X-Request-Id");
    if (request_id)
        plain_text_copy(failure->request_id, sizeof failure->request_id, request_id,
                        strlen(request_id), secrets);
}

bool http_failure_is_refusal(const struct http_failure *failure) {
    /* Those of the gateway may stand in an answer with another status. */
    static const char *const codes[] = {CREDENTIALS_REFUSED, "APIGW.0301", "APIG.0301"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(failure->code, codes[i]) == 0)
            return true;
    return failure->status == UNAUTHORIZED;
}

void http_failure_name_action(struct http_failure *failure, const char *action) {
    size_t length = strlen(failure->message);
    if (failure->status == FORBIDDEN)
        snprintf(failure->message + length, sizeof failure->message - length,
                 "; it takes the IAM action %s", action);
}
