/* Plain structs: options by their fields, lists, what is refused in which words, sizes of other versions. */
#include "check.h"

#include <errno.h>

static dropoff_error *error = NULL;

/* -- options. They are taken by each client, and refused by each in the same words. */

static void refused(const dropoff_options *options, const char *text) {
    dropoff_hcompany_settings of_h = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_agentdrop_settings of_d = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_storage *s = NULL;
    dropoff_hcompany *h = NULL;
    dropoff_agentdrop *d = NULL;
    of_h.api_key = of_d.api_key = "k";
    of_h.options = of_d.options = options;
    MUST_FAIL(DROPOFF_INVALID_INPUT, text, dropoff_storage_new(options, &s, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, text, dropoff_hcompany_new(&of_h, &h, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, text, dropoff_agentdrop_new(&of_d, &d, &error));
    CHECK(s == NULL && h == NULL && d == NULL);
}

static void taken(const dropoff_options *options) {
    dropoff_storage *s = NULL;
    MUST(dropoff_storage_new(options, &s, &error));
    dropoff_storage_free(s);
}

#define REFUSED(field, value, text)                                                                     \
    do {                                                                                                \
        dropoff_options options = DROPOFF_OPTIONS_INIT;                                                 \
        options.field = value;                                                                          \
        refused(&options, text);                                                                        \
    } while (0)

#define TAKEN(field, value)                                                                             \
    do {                                                                                                \
        dropoff_options options = DROPOFF_OPTIONS_INIT;                                                 \
        options.field = value;                                                                          \
        taken(&options);                                                                                \
    } while (0)

/* 0 is the default but for the last three, where UINT64_MAX is. */
static void times_have_a_range(void) {
    TAKEN(connect_timeout_ms, 0);
    TAKEN(connect_timeout_ms, 1);
    TAKEN(connect_timeout_ms, 600000);
    REFUSED(connect_timeout_ms, 600001, "option connect_timeout must be 0.001 s to 10 min");
    REFUSED(connect_timeout_ms, UINT64_MAX, "option connect_timeout must be 0.001 s to 10 min");
    TAKEN(stall_timeout_ms, 3600000);
    REFUSED(stall_timeout_ms, 3600001, "option stall_timeout must be 0.001 s to 1 h");
    TAKEN(response_timeout_ms, 3600000);
    REFUSED(response_timeout_ms, 3600001, "option response_timeout must be 0.001 s to 1 h");
    TAKEN(backoff_base_ms, 0);
    TAKEN(backoff_base_ms, 600000);
    TAKEN(backoff_base_ms, UINT64_MAX);
    REFUSED(backoff_base_ms, 600001, "option backoff_base must be 0 to 10 min");
    REFUSED(backoff_base_ms, UINT64_MAX - 1, "option backoff_base must be 0 to 10 min");
    TAKEN(backoff_cap_ms, 0);
    TAKEN(backoff_cap_ms, UINT64_MAX);
    REFUSED(backoff_cap_ms, 3600001, "option backoff_cap must be 0 to 1 h");
    TAKEN(max_retry_after_ms, 0);
    TAKEN(max_retry_after_ms, UINT64_MAX);
    REFUSED(max_retry_after_ms, 3600001, "option max_retry_after must be 0 to 1 h");
}

static void numbers_have_a_range(void) {
    TAKEN(max_attempts, 0);
    TAKEN(max_attempts, 100);
    REFUSED(max_attempts, 101, "option max_attempts must be 1 to 100");
    REFUSED(max_attempts, UINT64_MAX, "option max_attempts must be 1 to 100");
    TAKEN(concurrency, 64);
    REFUSED(concurrency, 65, "option concurrency must be 1 to 64");
    TAKEN(bandwidth_limit, 1024);
    REFUSED(bandwidth_limit, 1023, "option bandwidth_limit must be 1024 to 1099511627776 bytes per second");
    TAKEN(memory_budget, 8388608);
    REFUSED(memory_budget, 8388607, "option memory_budget must be 8388608 to 1099511627776 bytes");
    TAKEN(part_size, 5242880);
    REFUSED(part_size, 5242879, "option part_size must be 5242880 to 5368709120 bytes");
    TAKEN(multipart_threshold, 1);
    REFUSED(multipart_threshold, 5368709121, "option multipart_threshold must be 1 to 5368709120 bytes");
    TAKEN(integrity_check, DROPOFF_AUTO);
    TAKEN(integrity_check, DROPOFF_YES);
    TAKEN(integrity_check, DROPOFF_NO);
    REFUSED(integrity_check, 3, "integrity_check is 3, which is no dropoff_choice");
    REFUSED(integrity_check, -1, "it is DROPOFF_AUTO, _YES or _NO");
}

static void texts_have_a_form(void) {
    char long_text[258] = {0};
    memset(long_text, 'x', 257);
    TAKEN(spool_dir, "/tmp");
    REFUSED(spool_dir, "/nowhere", "option spool_dir must be a folder that can be written to");
    REFUSED(ca_file, "/dev/null", "option ca_file must be a PEM file");
    TAKEN(proxy, "http://127.0.0.1:1");
    REFUSED(proxy, "ftp://h", "option proxy must be an http:// URL");
    REFUSED(proxy, "caf\xe9", "proxy is not valid UTF-8; convert it first");
    TAKEN(user_agent, "tests");
    REFUSED(user_agent, "", "option user_agent must be 1 to 256 printable ASCII characters");
    REFUSED(user_agent, "line\nbreak", "option user_agent must be 1 to 256 printable ASCII characters");
    REFUSED(user_agent, long_text, "option user_agent must be 1 to 256 printable ASCII characters");
    REFUSED(user_agent, "caf\xe9", "user_agent is not valid UTF-8");
}

static void paths_are_raw_bytes(void) {
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    dropoff_storage *s = NULL;
    options.spool_dir = "/caf\xe9";
    CHECK(dropoff_storage_new(&options, &s, &error) == DROPOFF_INVALID_INPUT && s == NULL);
    CHECK(strcmp(dropoff_error_path(error), "/caf\xe9") == 0 && dropoff_error_errno(error) == ENOENT);
    dropoff_error_free(error);
    error = NULL;
}

static void lists_have_items(void) {
    const char *origins[] = {"https://one:9000", "http://two"};
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    options.trusted_storage = origins;
    options.trusted_storage_count = 2;
    taken(&options);
    origins[1] = "ftp://two";
    refused(&options, "option trusted_storage must be origins such as https://minio.internal:9000");
    /* What the count does not cover is no item. */
    options.trusted_storage_count = 1;
    taken(&options);
    options.trusted_storage_count = 2;
    origins[1] = NULL;
    refused(&options, "trusted_storage[1] is not set");
    origins[1] = "caf\xe9";
    refused(&options, "trusted_storage[1] is not valid UTF-8");
    options.trusted_storage_count = SIZE_MAX;
    refused(&options, "trusted_storage is NULL or cannot have as many items as");
    options.trusted_storage = NULL;
    options.trusted_storage_count = 1;
    refused(&options, "trusted_storage_count says");
    options.trusted_storage_count = 0;
    taken(&options);
}

static void each_option_is_refused_with_its_range(void) {
    times_have_a_range();
    numbers_have_a_range();
    texts_have_a_form();
    paths_are_raw_bytes();
    lists_have_items();
}

static void clients_refuse_bad_settings(void) {
    dropoff_hcompany_settings of_h = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_agentdrop_settings of_d = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_storage *s = NULL;
    dropoff_hcompany *h = NULL;
    dropoff_agentdrop *d = NULL;
    /* Without settings, and without one of them that is set. */
    MUST_FAIL(DROPOFF_AUTHENTICATION, "HAI_API_KEY", dropoff_hcompany_new(NULL, &h, &error));
    MUST_FAIL(DROPOFF_AUTHENTICATION, "HAI_API_KEY", dropoff_hcompany_new(&of_h, &h, &error));
    MUST_FAIL(DROPOFF_AUTHENTICATION, "AGENTDROP_API_KEY", dropoff_agentdrop_new(NULL, &d, &error));
    MUST_FAIL(DROPOFF_AUTHENTICATION, "AGENTDROP_API_KEY", dropoff_agentdrop_new(&of_d, &d, &error));
    of_h.api_key = of_d.api_key = "k";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "client is NULL", dropoff_storage_new(NULL, NULL, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "client is NULL", dropoff_hcompany_new(&of_h, NULL, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "client is NULL", dropoff_agentdrop_new(&of_d, NULL, &error));
    of_h.region = "asia";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "region must be \"eu\" or \"us\"", dropoff_hcompany_new(&of_h, &h, &error));
    of_d.base_url = "http://example.com";
    CHECK(dropoff_agentdrop_new(&of_d, &d, NULL) == DROPOFF_INVALID_INPUT);
    CHECK(h == NULL && d == NULL);
    /* The key is in no message, even if it is not text. */
    of_d.api_key = "agd_canary\xff";
    CHECK(dropoff_agentdrop_new(&of_d, &d, &error) == DROPOFF_INVALID_INPUT);
    CHECK(strstr(dropoff_error_message(error), "api_key is not valid UTF-8") != NULL);
    CHECK(strstr(dropoff_error_to_json(error), "canary") == NULL);
    dropoff_error_free(error);
    error = NULL;
    MUST(dropoff_storage_new(NULL, &s, &error));
    dropoff_storage_free(s);
}

/* -- this needs storage that is always busy. */

static int pauses;
static unsigned long pause_ms;

static void note_the_pause(dropoff_log_level level, const char *message, void *user_data) {
    const char *at = strstr(message, "pause_ms=");
    (void)level, (void)user_data;
    if (at != NULL) {
        pauses++;
        pause_ms = strtoul(at + 9, NULL, 10);
    }
}

/* How long an upload waits before its second try, by the log. */
static unsigned long pause_with(uint64_t base_ms, uint64_t cap_ms) {
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_options options = sandbox_options();
    dropoff_agentdrop *client = NULL;
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_sent_transfer *sent = NULL;
    options.backoff_base_ms = base_ms;
    options.backoff_cap_ms = cap_ms;
    options.max_attempts = 2;
    settings.api_key = given("AGENTDROP_KEY");
    settings.base_url = given("API_URL");
    settings.options = &options;
    MUST(dropoff_agentdrop_new(&settings, &client, &error));
    pauses = 0;
    MUST(dropoff_log_set(DROPOFF_LOG_INFO, note_the_pause, NULL, NULL, &error));
    CHECK(dropoff_agentdrop_send(client, transfer, &sent, NULL) == DROPOFF_UNAVAILABLE);
    MUST(dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, &error));
    CHECK(pauses == 1);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    return pause_ms;
}

static void no_backoff_is_another_than_the_default(void) {
    CHECK(pause_with(0, UINT64_MAX) == 0);
    /* Twice the default of the base, and nothing of the random part. */
    CHECK(pause_with(UINT64_MAX, 0) == 1000);
}

/* -- what a struct points to. */

static char *on_the_heap(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    CHECK(copy != NULL);
    return strcpy(copy, text);
}

/* A use after this is seen by its contents, and by the tools. */
static void spoil(char *text) {
    memset(text, 0xee, strlen(text));
    free(text);
}

static dropoff_agentdrop *client_of_what_is_gone(void) {
    dropoff_agentdrop_settings *settings = malloc(sizeof *settings);
    dropoff_options *options = malloc(sizeof *options);
    char **origins = malloc(2 * sizeof *origins);
    char *key = on_the_heap(given("AGENTDROP_KEY")), *url = on_the_heap(given("API_URL"));
    const dropoff_agentdrop_settings begun = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_agentdrop *client = NULL;
    CHECK(settings != NULL && options != NULL && origins != NULL);
    /* Each origin counts: with the second entry the first still does. */
    origins[0] = on_the_heap(given("STORAGE_URL"));
    origins[1] = on_the_heap("https://another");
    *options = sandbox_options();
    options->trusted_storage = (const char *const *)origins;
    options->trusted_storage_count = 2;
    *settings = begun;
    settings->api_key = key;
    settings->base_url = url;
    settings->options = options;
    MUST(dropoff_agentdrop_new(settings, &client, &error));
    spoil(key);
    spoil(url);
    spoil(origins[0]);
    spoil(origins[1]);
    free(origins);
    memset(options, 0xee, sizeof *options);
    free(options);
    memset(settings, 0xee, sizeof *settings);
    free(settings);
    return client;
}

static void everything_may_go_when_a_call_returns(void) {
    dropoff_agentdrop *client = client_of_what_is_gone();
    char *name = on_the_heap("first.txt"), *sender = on_the_heap("sender-agent");
    char *metadata = on_the_heap("{\"a\": 1}");
    dropoff_transfer *transfer = transfer_of(name, "1", 1);
    dropoff_sent_transfer *sent = NULL;
    dropoff_job *job = NULL;
    transfer->sender = sender;
    transfer->metadata_json = metadata;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    dropoff_agentdrop_free(client);
    transfer_free(transfer);
    spoil(name);
    spoil(sender);
    spoil(metadata);
    MUST(dropoff_job_sent_transfer(job, &sent, &error));
    CHECK(sent->files_count == 1 && strcmp(sent->files[0]->name, "first.txt") == 0);
    dropoff_sent_transfer_free(sent);
    dropoff_job_free(job);
}

static void fields_are_named_by_their_path(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_storage *storage = NULL;
    dropoff_options bad_options = DROPOFF_OPTIONS_INIT;
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_pair headers[2] = {{"A", "1"}, {"B", NULL}};
    dropoff_put_request put = DROPOFF_PUT_REQUEST_INIT;
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_file files[2] = {DROPOFF_FILE_INIT, DROPOFF_FILE_INIT};
    dropoff_encryption encryption = DROPOFF_ENCRYPTION_INIT;
    dropoff_transfer_plan *plan = NULL;
    dropoff_stored_object *stored = NULL;
    dropoff_job *job = NULL;
#define REFUSED_FOR(text)                                                                               \
    MUST_FAIL(DROPOFF_INVALID_INPUT, text, dropoff_agentdrop_plan(client, &transfer, &plan, &error))
    bad_options.proxy = "caf\xe9";
    settings.options = &bad_options;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "options.proxy is not valid UTF-8",
              dropoff_agentdrop_new(&settings, &client, &error));

    MUST(dropoff_storage_new(NULL, &storage, &error));
    put.url = "https://h/k";
    put.path = "/nowhere";
    put.headers = headers;
    put.headers_count = 2;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "headers[1].value is not set",
              dropoff_storage_put(storage, &put, &stored, &error));
    headers[0].name = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "headers[0].name is not set",
              dropoff_storage_put(storage, &put, &stored, &error));
    put.headers = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "headers is NULL or cannot have as many items as headers_count says",
              dropoff_storage_put(storage, &put, &stored, &error));
    put.headers_count = 0;
    put.journal = "/nowhere.journal";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "post.journal is set, and a POST begins anew each time; leave it NULL",
              dropoff_storage_start_post(storage, &put, &job, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "post.journal is set, and a POST begins anew each time; leave it NULL",
              dropoff_storage_post(storage, &put, &stored, &error));

    REFUSED_FOR("sender is not set");
    transfer.sender = "caf\xe9";
    REFUSED_FOR("sender is not valid UTF-8; convert it first");
    transfer.sender = "a";
    REFUSED_FOR("recipient is not set");
    transfer.recipient = "b";
    transfer.files_count = 2;
    REFUSED_FOR("files[0] is NULL; pass a dropoff_file, begun with DROPOFF_FILE_INIT");
    transfer.files = files;
    REFUSED_FOR("files[0] has neither a path nor a source; "
                "set files[0].path or files[0].source");
    files[0].path = files[1].path = "/nowhere";
    files[1].source = copied("1", 1);
    REFUSED_FOR("files[1] has a path and a source; "
                "set one of files[1].path and files[1].source");
    dropoff_source_free(files[1].source);
    files[1].source = NULL;
    files[1].name = "caf\xe9";
    REFUSED_FOR("files[1].name is not valid UTF-8");
    files[1].name = NULL;
    transfer.encrypt = &encryption;
    REFUSED_FOR("encrypt needs one of encrypt.key_pair and encrypt.encrypted_key");
    transfer.encrypt = NULL;
    transfer.multipart = 3;
    REFUSED_FOR("multipart is 3, which is no dropoff_choice");
#undef REFUSED_FOR
    CHECK(plan == NULL && stored == NULL);
    dropoff_storage_free(storage);
    dropoff_agentdrop_free(client);
}

/* -- sizes. Each of these takes one struct as bytes, and none of them needs a network. */

static dropoff_hcompany *h;
static dropoff_agentdrop *d;
static dropoff_storage *s;

static dropoff_status take_options(const void *bytes) {
    dropoff_storage *client = NULL;
    dropoff_status status = dropoff_storage_new(bytes, &client, &error);
    dropoff_storage_free(client);
    return status;
}

static dropoff_status take_hcompany_settings(const void *bytes) {
    dropoff_hcompany *client = NULL;
    return dropoff_hcompany_new(bytes, &client, &error);
}

static dropoff_status take_agentdrop_settings(const void *bytes) {
    dropoff_agentdrop *client = NULL;
    return dropoff_agentdrop_new(bytes, &client, &error);
}

static dropoff_status take_pack(const void *bytes) {
    dropoff_profile_inspection *inspection = NULL;
    return dropoff_inspect_profile("/nowhere", bytes, &inspection, &error);
}

static dropoff_status take_profile_upload(const void *bytes) {
    dropoff_profile *profile = NULL;
    return dropoff_hcompany_upload_profile(h, bytes, &profile, &error);
}

static dropoff_status take_profile_details(const void *bytes) {
    dropoff_profile *profile = NULL;
    return dropoff_hcompany_complete_upload(h, "00000000-0000-4000-8000-000000000000", bytes, &profile, &error);
}

static dropoff_status take_transfer(const void *bytes) {
    dropoff_transfer_plan *plan = NULL;
    return dropoff_agentdrop_plan(d, bytes, &plan, &error);
}

static dropoff_status take_file(const void *bytes) {
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    transfer.sender = "a";
    transfer.recipient = "b";
    transfer.files = bytes;
    transfer.files_count = 1;
    return take_transfer(&transfer);
}

static dropoff_status take_encryption(const void *bytes) {
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    transfer.sender = "a";
    transfer.recipient = "b";
    transfer.encrypt = bytes;
    return take_transfer(&transfer);
}

static dropoff_status take_sealed_file(const void *bytes) {
    dropoff_opened_file *opened = NULL;
    dropoff_key_pair *pair = NULL;
    dropoff_status status;
    MUST(dropoff_key_pair_generate(&pair, &error));
    status = dropoff_open_sealed(bytes, "/nowhere/opened", pair, &opened, &error);
    dropoff_key_pair_free(pair);
    return status;
}

static dropoff_status take_put_request(const void *bytes) {
    dropoff_stored_object *stored = NULL;
    return dropoff_storage_put(s, bytes, &stored, &error);
}

static dropoff_status take_post_form_request(const void *bytes) {
    dropoff_stored_object *stored = NULL;
    return dropoff_storage_post_form(s, bytes, &stored, &error);
}

static dropoff_status take_put_parts_request(const void *bytes) {
    dropoff_stored_parts *stored = NULL;
    return dropoff_storage_put_parts(s, bytes, &stored, &error);
}

/* One kind of struct. */
struct kind {
    const char *at, *type, *macro; /* as messages have them */
    size_t size;
    const void *begun; /* what the macro makes */
    dropoff_status (*take)(const void *bytes);
    const char *next; /* what is wrong with it besides; NULL for nothing */
    bool may_be_null;
};

/* The struct with another size, in a block of so many bytes: it is read no further, as the tools see. */
static char *sized(const struct kind *kind, size_t size, size_t block) {
    char *bytes = calloc(block, 1);
    CHECK(bytes != NULL);
    memcpy(bytes, kind->begun, block < kind->size ? block : kind->size);
    memcpy(bytes, &size, sizeof size);
    return bytes;
}

static void refused_with_a_bad_size(const struct kind *kind) {
    const size_t bad[] = {0, 8, kind->size - 1, 1000000, SIZE_MAX};
    char text[200];
    size_t at;
    for (at = 0; at < sizeof bad / sizeof bad[0]; at++) {
        char *bytes = sized(kind, bad[at], sizeof(size_t));
        sprintf(text, "%s.size is %lu, which no %s has; begin the struct with %s", kind->at,
                (unsigned long)bad[at], kind->type, kind->macro);
        MUST_FAIL(DROPOFF_INVALID_INPUT, text, kind->take(bytes));
        free(bytes);
    }
    if (!kind->may_be_null) {
        sprintf(text, "%s is NULL; pass a %s, begun with %s", kind->at, kind->type, kind->macro);
        MUST_FAIL(DROPOFF_INVALID_INPUT, text, kind->take(NULL));
    }
}

/* A struct that is right: the call is refused for something else, or not at all. */
static void taken_as_it_is(const struct kind *kind, const char *bytes) {
    dropoff_status status = kind->take(bytes);
    if (kind->next == NULL) {
        CHECK(status == DROPOFF_OK);
    } else {
        CHECK(status != DROPOFF_OK && strstr(dropoff_error_message(error), kind->next) != NULL);
        dropoff_error_free(error);
        error = NULL;
    }
}

/* A program may know more fields than the library, but not set them. */
static void taken_if_what_is_new_is_not_set(const struct kind *kind) {
    const size_t more[] = {0, 1, 8, 40};
    char text[200];
    size_t at;
    sprintf(text, "%s has fields set that this library does not know", kind->at);
    for (at = 0; at < sizeof more / sizeof more[0]; at++) {
        size_t size = kind->size + more[at];
        char *bytes = sized(kind, size, size);
        taken_as_it_is(kind, bytes);
        if (more[at] > 0) {
            bytes[size - 1] = 1;
            MUST_FAIL(DROPOFF_INVALID_INPUT, text, kind->take(bytes));
            bytes[size - 1] = 0;
            bytes[kind->size] = 1;
            MUST_FAIL(DROPOFF_INVALID_INPUT, "load the newer library, or leave them unset", kind->take(bytes));
        }
        free(bytes);
    }
}

#define KIND(at, name, MACRO, next, may_be_null)                                                        \
    {at, "dropoff_" #name, "DROPOFF_" #MACRO "_INIT", sizeof(dropoff_##name), &name, take_##name, next, may_be_null}

static void structs_tell_their_size(void) {
    static const dropoff_options options = DROPOFF_OPTIONS_INIT;
    static const dropoff_hcompany_settings hcompany_settings = DROPOFF_HCOMPANY_SETTINGS_INIT;
    static const dropoff_agentdrop_settings agentdrop_settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    static const dropoff_pack pack = DROPOFF_PACK_INIT;
    static const dropoff_profile_upload profile_upload = DROPOFF_PROFILE_UPLOAD_INIT;
    static const dropoff_profile_details profile_details = DROPOFF_PROFILE_DETAILS_INIT;
    static const dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    static const dropoff_file file = DROPOFF_FILE_INIT;
    static const dropoff_encryption encryption = DROPOFF_ENCRYPTION_INIT;
    static const dropoff_sealed_file sealed_file = DROPOFF_SEALED_FILE_INIT;
    static const dropoff_put_request put_request = DROPOFF_PUT_REQUEST_INIT;
    static const dropoff_post_form_request post_form_request = DROPOFF_POST_FORM_REQUEST_INIT;
    static const dropoff_put_parts_request put_parts_request = DROPOFF_PUT_PARTS_REQUEST_INIT;
    static const struct kind kinds[] = {
        KIND("options", options, OPTIONS, NULL, true),
        KIND("settings", hcompany_settings, HCOMPANY_SETTINGS, "HAI_API_KEY", true),
        KIND("settings", agentdrop_settings, AGENTDROP_SETTINGS, "AGENTDROP_API_KEY", true),
        KIND("pack", pack, PACK, "/nowhere", true),
        KIND("upload", profile_upload, PROFILE_UPLOAD, "name is not set", false),
        KIND("details", profile_details, PROFILE_DETAILS, "name is not set", false),
        KIND("transfer", transfer, TRANSFER, "sender is not set", false),
        KIND("files[0]", file, FILE, "files[0] has neither a path nor a source", false),
        KIND("encrypt", encryption, ENCRYPTION, "encrypt needs one of", true),
        KIND("sealed", sealed_file, SEALED_FILE, "path is not set", false),
        KIND("put", put_request, PUT_REQUEST, "url is not set", false),
        KIND("form", post_form_request, POST_FORM_REQUEST, "url is not set", false),
        KIND("parts", put_parts_request, PUT_PARTS_REQUEST, "parts has neither a path nor a source", false),
    };
    size_t at;
    h = sandbox_hcompany();
    d = sandbox_agentdrop();
    MUST(dropoff_storage_new(NULL, &s, &error));
    for (at = 0; at < sizeof kinds / sizeof kinds[0]; at++) {
        refused_with_a_bad_size(&kinds[at]);
        taken_if_what_is_new_is_not_set(&kinds[at]);
    }
    dropoff_storage_free(s);
    dropoff_agentdrop_free(d);
    dropoff_hcompany_free(h);
}

/* A dropoff_file of a later version. */
struct longer_file {
    dropoff_file file;
    uint64_t extra;
};

enum { FILES = 3 };

/* The files a.txt, b.txt and c.txt; the last byte of the block is the last one of the last of them. */
static struct longer_file *longer_files(void) {
    static const char *const names[FILES] = {"a.txt", "b.txt", "c.txt"};
    const dropoff_file begun = DROPOFF_FILE_INIT;
    struct longer_file *files = malloc(FILES * sizeof *files);
    int at;
    CHECK(files != NULL);
    for (at = 0; at < FILES; at++) {
        files[at].file = begun;
        files[at].file.size = sizeof *files;
        files[at].file.name = names[at];
        files[at].file.source = copied(names[at], strlen(names[at]));
        files[at].extra = 0;
    }
    return files;
}

static void free_files(struct longer_file *files) {
    int at;
    for (at = 0; at < FILES; at++)
        dropoff_source_free(files[at].file.source);
    free(files);
}

static void files_lie_as_far_apart_as_they_are_long(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    struct longer_file *files = longer_files();
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_transfer_ticket *ticket = NULL;
    dropoff_sent_files *sent = NULL;
    transfer.sender = "sender-agent";
    transfer.recipient = "recipient-agent";
    transfer.files = &files->file;
    transfer.files_count = FILES;
    files[2].extra = 1;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "files[2] has fields set that this library does not know",
              dropoff_agentdrop_presign(client, &transfer, &ticket, &error));
    files[2].extra = 0;
    files[1].file.size = sizeof(dropoff_file);
    MUST_FAIL(DROPOFF_INVALID_INPUT,
              "files[1].size is another than files[0].size; "
              "begin each dropoff_file with DROPOFF_FILE_INIT",
              dropoff_agentdrop_presign(client, &transfer, &ticket, &error));
    files[1].file.size = sizeof *files;
    /* No source was taken by then. */
    MUST(dropoff_agentdrop_presign(client, &transfer, &ticket, &error));
    free_files(files);

    files = longer_files();
    files[2].extra = 1;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "files[2] has fields set that this library does not know",
              dropoff_agentdrop_upload(client, ticket, &files->file, FILES, &sent, &error));
    files[2].extra = 0;
    MUST(dropoff_agentdrop_upload(client, ticket, &files->file, FILES, &sent, &error));
    CHECK(sent->files_count == FILES && strcmp(sent->files[0]->name, "a.txt") == 0);
    CHECK(strcmp(sent->files[1]->name, "b.txt") == 0 && strcmp(sent->files[2]->name, "c.txt") == 0);
    CHECK(sent->files[0]->verified && sent->files[1]->verified && sent->files[2]->verified);
    dropoff_sent_files_free(sent);
    dropoff_transfer_ticket_free(ticket);
    free_files(files);
    dropoff_agentdrop_free(client);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"good:each_option_is_refused_with_its_range", each_option_is_refused_with_its_range},
        {"good:clients_refuse_bad_settings", clients_refuse_bad_settings},
        {"good:everything_may_go_when_a_call_returns", everything_may_go_when_a_call_returns},
        {"good:fields_are_named_by_their_path", fields_are_named_by_their_path},
        {"good:structs_tell_their_size", structs_tell_their_size},
        {"good:files_lie_as_far_apart_as_they_are_long", files_lie_as_far_apart_as_they_are_long},
        {"busy:no_backoff_is_another_than_the_default", no_backoff_is_another_than_the_default},
    };
    return RUN_TESTS(tests);
}
