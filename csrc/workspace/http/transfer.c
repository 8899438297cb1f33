#define _GNU_SOURCE

#include "workspace/http/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "workspace/http/lookups.h"
#include "workspace/http/loop_system.h"

#define FIRST_BODY_SIZE ((size_t)8 << 10)
#define KEPT_BODY_SIZE ((size_t)64 << 10)
/* libcurl takes and gives back a buffer with every transfer; answers are small. */
#define BUFFER_SIZE 4096L

static size_t on_body(char *bytes, size_t unit, size_t count, void *context) {
    struct transfer *transfer = context;
    size_t length = unit * count;
    if (length > transfer->body_limit - transfer->body_length) {
        transfer->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    size_t needed = transfer->body_length + length;
    if (needed > transfer->body_size) {
        size_t size = transfer->body_size ? transfer->body_size : FIRST_BODY_SIZE;
        while (size < needed)
            size *= 2;
        char *body = realloc(transfer->body, size);
        if (!body) {
            transfer->no_memory = true;
            return CURL_WRITEFUNC_ERROR;
        }
        transfer->body = body;
        transfer->body_size = size;
    }
    memcpy(transfer->body + transfer->body_length, bytes, length);
    transfer->body_length = needed;
    return length;
}

/* Schannel knows no folder of certificates. */
static bool is_set_or_unknown(CURLcode result) {
    return result == CURLE_OK || result == CURLE_NOT_BUILT_IN || result == CURLE_UNKNOWN_OPTION;
}

/* Trusts the given certificates and no others. Those of the system are taken from its one file
 * where there is one, since libcurl reads that once for all connections, but a folder each time. */
static bool set_trust(CURL *easy, const char *ca_file) {
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    bool one_file = ca_file || (version->age >= CURLVERSION_SEVENTH && version->cainfo);
    return (!ca_file || curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK) &&
           (!one_file || is_set_or_unknown(curl_easy_setopt(easy, CURLOPT_CAPATH, NULL)));
}

/* libcurl would look for all of them at every transfer. */
static bool is_proxy_in_environment(void) {
    return getenv("https_proxy") || getenv("HTTPS_PROXY") || getenv("all_proxy") ||
           getenv("ALL_PROXY");
}

static int on_lookup(void *resolver, void *unused, void *context) {
    struct transfer *transfer = context;
    (void)resolver;
    (void)unused;
    transfer->lookup_refused = !lookups_may_begin();
    transfer->looked_up = !transfer->lookup_refused;
    return transfer->lookup_refused;
}

/* Whether a URL, or a proxy as libcurl takes it, has a number for a host, which needs no look-up.
 */
static bool is_numeric(const char *url) {
    const char *scheme = strstr(url, "://");
    const char *host = scheme ? scheme + 3 : url;
    const char *user = strrchr(host, '@');
    host = user ? user + 1 : host;
    size_t digits = strspn(host, "0123456789.");
    return host[0] == '[' || (digits > 0 && strchr(":/", host[digits]));
}

/* A look-up cannot be stopped. libcurl would wait for the thread that makes it, for as long as the
 * name servers are silent; asked to quit quickly, it leaves the thread behind. rollcall asks so
 * from 7.87 on. */
static bool set_lookups(struct transfer *transfer, const char *asked_first) {
    CURL *easy = transfer->easy;
#if LIBCURL_VERSION_NUM >= 0x075700
    if (!is_set_or_unknown(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L)))
        return false;
#endif
    return is_numeric(asked_first) ||
           (curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, transfer) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_lookup) == CURLE_OK);
}

/* libcurl would parse the URL anew for each transfer, a tenth of what one takes it. One that it
 * cannot parse it refuses when it is asked for. */
static bool set_url(struct transfer *transfer, const char *base_url) {
    CURL *easy = transfer->easy;
    transfer->url = curl_url();
    return transfer->url && curl_easy_setopt(easy, CURLOPT_URL, base_url) == CURLE_OK &&
           (curl_url_set(transfer->url, CURLUPART_URL, base_url, 0) != CURLUE_OK ||
            curl_easy_setopt(easy, CURLOPT_CURLU, transfer->url) == CURLE_OK);
}

/* The URL stays the same, and each request has a request target of its own. A proxy is always a
 * tunnel, since it would need the whole URL. What is not set here is refused or off in libcurl
 * itself: redirects, cookies, .netrc, logging on to a proxy by itself. */
static bool set_options(struct transfer *transfer, const struct transfer_settings *settings) {
    CURL *easy = transfer->easy;
    const char *protocols = settings->plain ? "http,https" : "https";
    bool direct = settings->plain || !is_proxy_in_environment();
    const char *proxy = settings->proxy ? settings->proxy : direct ? "" : NULL;
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
           set_url(transfer, settings->base_url) &&
           curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, settings->fresh ? 1L : 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "rollcall") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            settings->connect_timeout_milliseconds) == CURLE_OK &&
           set_trust(easy, settings->ca_file) && loop_system_keep_sockets(easy) &&
           set_lookups(transfer, proxy && proxy[0] ? proxy
                                 : direct          ? settings->base_url
                                                   : "") &&
           (!proxy || curl_easy_setopt(easy, CURLOPT_PROXY, proxy) == CURLE_OK);
}

bool transfer_open(struct transfer *transfer, struct transfer_loop *loop,
                   struct transfer_queue *finished, const struct transfer_settings *settings) {
    transfer->easy = curl_easy_init();
    if (!transfer->easy)
        return false;
    transfer->loop = transfer_loop_retain(loop);
    transfer->finished = finished;
    transfer->body_limit = settings->body_limit;
    if (set_options(transfer, settings))
        return true;
    transfer_close(transfer);
    return false;
}

/* The transfer ends before its time. */
static void leave_lookup(const struct transfer *transfer) {
    curl_off_t took = 0;
    if (transfer->looked_up &&
        curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &took) == CURLE_OK &&
        took == 0)
        lookups_leave_one();
}

/* Takes a running transfer out of the loop. */
static void stop(struct transfer *transfer) {
    leave_lookup(transfer);
    transfer_loop_remove(transfer->loop, transfer->easy);
    transfer->state = TRANSFER_IDLE;
}

static void take_out(struct transfer_queue *queue, struct transfer *transfer) {
    struct transfer *before = NULL;
    for (struct transfer *each = queue->first; each != transfer; each = each->next)
        before = each;
    if (before)
        before->next = transfer->next;
    else
        queue->first = transfer->next;
    if (queue->last == transfer)
        queue->last = before;
    transfer->next = NULL;
    transfer->state = TRANSFER_IDLE;
}

void transfer_close(struct transfer *transfer) {
    if (transfer->state == TRANSFER_RUNNING)
        stop(transfer);
    else if (transfer->state == TRANSFER_FINISHED)
        take_out(transfer->finished, transfer);
    curl_easy_cleanup(transfer->easy);
    curl_url_cleanup(transfer->url);
    transfer_loop_release(transfer->loop);
    free(transfer->body);
    transfer->easy = NULL;
    transfer->url = NULL;
    transfer->loop = NULL;
    transfer->body = NULL;
    transfer->body_length = transfer->body_size = 0;
}

bool transfer_start(struct transfer *transfer, const char *request_target,
                    struct curl_slist *headers, const char *body) {
    CURL *easy = transfer->easy;
    transfer->body_length = 0;
    transfer->too_large = transfer->no_memory = false;
    transfer->looked_up = transfer->lookup_refused = false;
    transfer->problem[0] = '\0';
    if (transfer->state != TRANSFER_IDLE ||
        curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, request_target) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
        (body && curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body) != CURLE_OK) ||
        !transfer_loop_add(transfer->loop, easy))
        return false;
    transfer->state = TRANSFER_RUNNING;
    return true;
}

/* Puts a transfer that runs no more into its queue. */
static void land(struct transfer *transfer, CURLcode result) {
    struct transfer_queue *queue = transfer->finished;
    transfer->state = TRANSFER_FINISHED;
    transfer->result = result;
    transfer->next = NULL;
    if (queue->last)
        queue->last->next = transfer;
    else
        queue->first = transfer;
    queue->last = transfer;
    transfer_loop_wake(transfer->loop, queue->watch);
}

void transfer_give_up(struct transfer *transfer) {
    if (transfer->state != TRANSFER_RUNNING)
        return;
    stop(transfer);
    land(transfer, CURLE_OPERATION_TIMEDOUT);
}

void transfer_finish(void *context, CURLcode result) {
    struct transfer *transfer = context;
    if (transfer->no_memory) { /* libcurl only knows that the body was not taken */
        result = CURLE_OUT_OF_MEMORY;
        transfer->problem[0] = '\0';
    } else if (transfer->lookup_refused) {
        result = CURLE_COULDNT_RESOLVE_HOST;
        strcpy(transfer->problem, "the name servers do not answer, and too many look-ups wait");
    } else if (result == CURLE_OPERATION_TIMEDOUT) { /* of the connection, which is libcurl's */
        leave_lookup(transfer);
    }
    land(transfer, result);
}

struct transfer *transfer_take(struct transfer_queue *queue) {
    struct transfer *transfer = queue->first;
    if (transfer)
        take_out(queue, transfer);
    return transfer;
}

long transfer_status(const struct transfer *transfer) {
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

const char *transfer_header(const struct transfer *transfer, const char *name) {
    struct curl_header *header;
    if (curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}

void transfer_trim(struct transfer *transfer) {
    transfer->body_length = 0;
    if (transfer->body_size <= KEPT_BODY_SIZE)
        return;
    free(transfer->body);
    transfer->body = NULL;
    transfer->body_size = 0;
}
