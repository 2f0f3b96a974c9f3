/* Options: what is refused, by which setter, and in which words. */
#include "check.h"

static dropoff_error *error = NULL;
static dropoff_options *options;

static void names(void) {
    MUST_FAIL(DROPOFF_INVALID_INPUT, "there is no option named \"maxAttempts\"",
              dropoff_options_set_number(options, "maxAttempts", 3, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "the options are connect_timeout",
              dropoff_options_set_number(options, "maxAttempts", 3, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "there is no option named \"\"",
              dropoff_options_set_text(options, "", "x", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "there is no option named \"timeout\"",
              dropoff_options_set_ms(options, "timeout", 1, &error));
}

static void kinds(void) {
    MUST_FAIL(DROPOFF_INVALID_INPUT, "stall_timeout must be 0.001 s to 1 h; set it with dropoff_options_set_ms",
              dropoff_options_set_number(options, "stall_timeout", 3, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "max_attempts must be 1 to 100; set it with dropoff_options_set_number",
              dropoff_options_set_ms(options, "max_attempts", 3, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "dropoff_options_set_number",
              dropoff_options_set_text(options, "concurrency", "3", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "dropoff_options_set_text",
              dropoff_options_set_bool(options, "proxy", true, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "dropoff_options_set_bool, or to \"auto\" with dropoff_options_set_text",
              dropoff_options_set_number(options, "integrity_check", 1, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "dropoff_options_add_text",
              dropoff_options_set_text(options, "trusted_storage", "https://h", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "dropoff_options_set_text",
              dropoff_options_add_text(options, "user_agent", "me", &error));
}

static void ranges(void) {
    MUST_FAIL(DROPOFF_INVALID_INPUT, "stall_timeout must be 0.001 s to 1 h",
              dropoff_options_set_ms(options, "stall_timeout", 0, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "0.001 s to 1 h",
              dropoff_options_set_ms(options, "stall_timeout", 3600001, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "0.001 s to 10 min",
              dropoff_options_set_ms(options, "connect_timeout", UINT64_MAX, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "max_attempts must be 1 to 100",
              dropoff_options_set_number(options, "max_attempts", 0, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "1 to 100",
              dropoff_options_set_number(options, "max_attempts", UINT64_MAX, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "memory_budget must be 8388608 to",
              dropoff_options_set_number(options, "memory_budget", 8388607, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "bandwidth_limit must be 1024 to 1099511627776 bytes per second",
              dropoff_options_set_number(options, "bandwidth_limit", 1023, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "part_size must be 5242880 to 5368709120 bytes",
              dropoff_options_set_number(options, "part_size", 5242879, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "multipart_threshold must be 1 to",
              dropoff_options_set_number(options, "multipart_threshold", 0, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "integrity_check must be \"auto\", true or false",
              dropoff_options_set_text(options, "integrity_check", "sometimes", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "spool_dir must be a folder",
              dropoff_options_set_text(options, "spool_dir", "/nowhere", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "ca_file must be a PEM file",
              dropoff_options_set_text(options, "ca_file", "/dev/null", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "proxy must be an http:// URL",
              dropoff_options_set_text(options, "proxy", "ftp://h", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "user_agent must be 1 to 256 printable",
              dropoff_options_set_text(options, "user_agent", "line\nbreak", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "trusted_storage must be origins",
              dropoff_options_add_text(options, "trusted_storage", "ftp://h", &error));
}

static void encodings(void) {
    /* A path is raw bytes, and comes back as they were. */
    CHECK(dropoff_options_set_text(options, "spool_dir", "/caf\xe9", &error) == DROPOFF_INVALID_INPUT);
    CHECK(strcmp(dropoff_error_path(error), "/caf\xe9") == 0);
    dropoff_error_free(error);
    error = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "value is not valid UTF-8",
              dropoff_options_set_text(options, "user_agent", "caf\xe9", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "name is not valid UTF-8",
              dropoff_options_set_number(options, "\xff", 1, &error));
}

static void good(void) {
    dropoff_storage *client = NULL;
    MUST(dropoff_options_set_ms(options, "connect_timeout", 2000, &error));
    MUST(dropoff_options_set_ms(options, "backoff_base", 0, &error));
    MUST(dropoff_options_set_number(options, "max_attempts", 100, &error));
    MUST(dropoff_options_set_number(options, "memory_budget", 8388608, &error));
    MUST(dropoff_options_set_number(options, "part_size", 5242880, &error));
    MUST(dropoff_options_set_number(options, "multipart_threshold", 1, &error));
    MUST(dropoff_options_set_bool(options, "integrity_check", true, &error));
    MUST(dropoff_options_set_bool(options, "integrity_check", false, &error));
    MUST(dropoff_options_set_text(options, "integrity_check", "auto", &error));
    MUST(dropoff_options_set_text(options, "spool_dir", "/tmp", &error));
    MUST(dropoff_options_set_text(options, "proxy", "http://127.0.0.1:1", &error));
    MUST(dropoff_options_set_text(options, "user_agent", "tests", &error));
    MUST(dropoff_options_add_text(options, "trusted_storage", "https://one:9000", &error));
    MUST(dropoff_options_add_text(options, "trusted_storage", "http://two", &error));
    /* They are copied: they may go before the client, and serve another. */
    MUST(dropoff_storage_new(options, &client, &error));
    dropoff_storage_free(client);
    client = NULL;
    MUST(dropoff_storage_new(NULL, &client, &error));
    dropoff_storage_free(client);
}

/* Each origin that was added counts: with the second entry the first still does. */
static void a_list_grows(void) {
    dropoff_error *error = NULL;
    dropoff_options *grown = sandbox_options();
    dropoff_agentdrop *client = NULL;
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_sent_transfer *sent = NULL;
    MUST(dropoff_options_add_text(grown, "trusted_storage", "https://another", &error));
    MUST(dropoff_agentdrop_new(given("AGENTDROP_KEY"), given("API_URL"), grown, &client, &error));
    dropoff_options_free(grown);
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    dropoff_sent_transfer_free(sent);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

static void clients(void) {
    dropoff_hcompany *h = NULL;
    dropoff_agentdrop *d = NULL;
    MUST_FAIL(DROPOFF_AUTHENTICATION, "HAI_API_KEY", dropoff_hcompany_new(NULL, NULL, NULL, NULL, &h, &error));
    MUST_FAIL(DROPOFF_AUTHENTICATION, "AGENTDROP_API_KEY", dropoff_agentdrop_new(NULL, NULL, NULL, &d, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "region must be \"eu\" or \"us\"",
              dropoff_hcompany_new("k", "asia", NULL, NULL, &h, &error));
    CHECK(dropoff_agentdrop_new("k", "http://example.com", NULL, &d, &error) == DROPOFF_INVALID_INPUT);
    dropoff_error_free(error);
    error = NULL;
    CHECK(h == NULL && d == NULL);
    /* The key is in no message, even if it is not text. */
    CHECK(dropoff_agentdrop_new("agd_canary\xff", NULL, NULL, &d, &error) == DROPOFF_INVALID_INPUT);
    CHECK(strstr(dropoff_error_to_json(error), "canary") == NULL);
    dropoff_error_free(error);
    error = NULL;
}

static void all(void) {
    MUST(dropoff_options_new(&options, &error));
    names();
    kinds();
    ranges();
    encodings();
    good();
    a_list_grows();
    clients();
    dropoff_options_free(options);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {{"good:bad_input_is_refused_and_named", all}};
    return RUN_TESTS(tests);
}
