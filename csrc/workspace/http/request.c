#include "workspace/http/request.h"

#include "workspace/auth/crypto.h"
#include "workspace/auth/headers.h"
#include "workspace/http/retry.h"

void request_begin(struct request *request, const struct request_policy *policy, int64_t now,
                   int64_t due) {
    request->attempts = 0;
    request->due = due;
    request->deadline = (due > now ? due : now) + policy->deadline;
}

void request_put_off(struct request *request, const struct request_policy *policy, int64_t now,
                     int64_t due) {
    if (request->attempts == 0)
        request_begin(request, policy, now, due);
    request->due = due;
}

int64_t request_time(const struct request *request, const struct request_policy *policy,
                     int64_t now) {
    int64_t rest = request->deadline - now;
    return rest < policy->timeout ? rest : policy->timeout;
}

bool request_attempt(struct request *request, const struct request_policy *policy, int64_t now,
                     const char *request_target, struct curl_slist *headers, const char *body) {
    authorization_free_headers(request->headers);
    request->headers = headers;
    request->attempts++;
    request->due = now + request_time(request, policy, now);
    return transfer_start(&request->transfer, request_target, headers, body);
}

bool request_is_due(struct request *request, int64_t now) {
    if (request->due > now)
        return false;
    transfer_give_up(&request->transfer);
    return request->transfer.state == TRANSFER_IDLE;
}

static int64_t retry_after(const struct transfer *transfer) {
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK ||
        seconds < 0)
        return 0;
    return seconds > 86400 ? 86400 : (int64_t)seconds;
}

bool request_again(struct request *request, const struct request_policy *policy, int64_t now) {
    const struct transfer *transfer = &request->transfer;
    uint32_t random = 0;
    bool whole = transfer->result == CURLE_OK;
    long status = whole ? transfer_status(transfer) : 0;
    if (request->attempts > policy->retries || transfer->too_large ||
        !retry_may_pass(transfer->result, status))
        return false;
    random_bytes(&random, sizeof random);
    int64_t pause =
        retry_pause(request->attempts, status, whole ? retry_after(transfer) : 0, random);
    if (pause >= request->deadline - now)
        return false;
    request->due = now + pause;
    return true;
}

void request_close(struct request *request) {
    transfer_close(&request->transfer);
    authorization_free_headers(request->headers);
    request->headers = NULL;
}
