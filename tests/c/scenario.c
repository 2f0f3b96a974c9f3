/* Makes the one call that its standard input describes, and prints what came of it.
 *
 * A line is a word and its values, with one space before each; values are percent-encoded, and a lone % is NULL. An
 * empty line ends them. With `arg cancel HOW` the call is cancelled when one more line comes: by `job` or by the
 * `progress` callback.
 * The answer is a line `result JSON` or `error JSON`, then `got FIELD VALUE` for what each getter gave, so that the
 * two can be compared, and then `log LEVEL MESSAGE` for all that was logged. */
#include "check.h"

#include <errno.h>
#include <pthread.h>

enum { VALUES = 5 };

struct line {
    char *word;
    char *values[VALUES];
};

static struct line lines[4096];
static size_t line_count;
static dropoff_error *error = NULL;

/* -- reading */

static char *decoded(char *text) {
    char *to = text, *from = text;
    if (strcmp(text, "%") == 0)
        return NULL;
    for (; *from != '\0'; from++) {
        if (*from == '%') {
            char hex[3] = {from[1], from[2], '\0'};
            *to++ = (char)strtol(hex, NULL, 16);
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return text;
}

static void read_lines(void) {
    char *text = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&text, &room, stdin)) > 0) {
        struct line *line = &lines[line_count++];
        char *at;
        int value = 0;
        CHECK(line_count < sizeof lines / sizeof lines[0]);
        text[length - 1] = '\0';
        if (length == 1) {
            line_count--;
            break;
        }
        line->word = strdup(text);
        for (at = strchr(line->word, ' '); at != NULL; value++) {
            char *next;
            *at = '\0';
            next = strchr(at + 1, ' ');
            if (next != NULL)
                *next = '\0';
            CHECK(value < VALUES);
            line->values[value] = decoded(at + 1);
            if (next != NULL)
                *next = ' ';
            at = next;
        }
    }
    free(text);
}

static void free_lines(void) {
    size_t at;
    for (at = 0; at < line_count; at++)
        free(lines[at].word);
}

/* The next line with this word after `from`, or NULL. */
static struct line *next_line(const char *word, struct line *from) {
    struct line *line = from == NULL ? lines : from + 1;
    for (; line < lines + line_count; line++)
        if (strcmp(line->word, word) == 0)
            return line;
    return NULL;
}

/* The value of `arg NAME VALUE`, or NULL. */
static const char *arg(const char *name) {
    struct line *line = NULL;
    while ((line = next_line("arg", line)) != NULL)
        if (strcmp(line->values[0], name) == 0)
            return line->values[1];
    return NULL;
}

static const char *arg_or(const char *name, const char *otherwise) {
    return arg(name) == NULL ? otherwise : arg(name);
}

static uint64_t number(const char *text) {
    return strtoull(text, NULL, 10);
}

/* -- showing */

static void got_text(const char *name, const char *value) {
    const unsigned char *at;
    printf("got %s ", name);
    if (value == NULL)
        putchar('%');
    else
        for (at = (const unsigned char *)value; *at != '\0'; at++)
            printf("%%%02X", *at);
    putchar('\n');
}

static void got_number(const char *name, uint64_t value) {
    char text[32];
    sprintf(text, "%llu", (unsigned long long)value);
    got_text(name, text);
}

static void got_bool(const char *name, bool value) {
    got_text(name, value ? "true" : "false");
}

static const char *at_index(const char *list, size_t index, const char *field) {
    static char name[128];
    sprintf(name, "%s.%lu%s%s", list, (unsigned long)index, *field ? "." : "", field);
    return name;
}

/* A list of texts: PREFIX_count and PREFIX_FIELD. */
#define GOT_TEXTS(list, prefix, field, handle)                                                          \
    do {                                                                                                \
        size_t index;                                                                                   \
        for (index = 0; index < prefix##_count(handle); index++)                                        \
            got_text(at_index(list, index, ""), prefix##_##field(handle, index));                       \
        CHECK(prefix##_##field(handle, index) == NULL && prefix##_##field(handle, SIZE_MAX) == NULL);   \
    } while (0)

/* Prints the error of a call that failed, and ends. */
static int failed(void) {
    static const char *const sides[] = {"none", "caller", "network", "service", "storage"};
    static const char *const outcomes[] = {"none", "completed", "not_completed", "unknown"};
    static const char *const cleanups[] = {"none", "done", "failed"};
    uint64_t ms = 0;
    size_t at;
    printf("error %s\n", dropoff_error_to_json(error));
    got_number("code", dropoff_error_kind(error));
    got_text("kind", dropoff_error_kind_name(error));
    got_text("message", dropoff_error_message(error));
    got_text("operation", dropoff_error_operation(error));
    got_text("side", sides[dropoff_error_side(error)]);
    got_bool("retryable", dropoff_error_retryable(error));
    if (dropoff_error_retry_after_ms(error, &ms))
        got_number("retry_after_ms", ms);
    else
        got_text("retry_after_ms", NULL);
    got_number("http_status", (uint64_t)dropoff_error_http_status(error));
    got_text("service_code", dropoff_error_service_code(error));
    got_text("request_id", dropoff_error_request_id(error));
    got_number("details_count", dropoff_error_details_count(error));
    for (at = 0; at < dropoff_error_details_count(error); at++) {
        got_text(at_index("details", at, "field"), dropoff_error_details_field(error, at));
        got_text(at_index("details", at, "message"), dropoff_error_details_message(error, at));
    }
    CHECK(dropoff_error_details_field(error, at) == NULL && dropoff_error_details_message(error, at) == NULL);
    got_text("outcome", outcomes[dropoff_error_outcome(error)]);
    got_text("cause", dropoff_error_cause(error));
    got_text("cleanup", cleanups[dropoff_error_cleanup(error)]);
    got_text("resource.kind", dropoff_error_resource_kind(error));
    got_text("resource.id", dropoff_error_resource_id(error));
    got_text("transfer_id", dropoff_error_transfer_id(error));
    got_text("profile_id", dropoff_error_profile_id(error));
    got_text("path", dropoff_error_path(error));
    got_text("journal", dropoff_error_journal(error));
    got_text("etag", dropoff_error_etag(error));
    got_number("errno", (uint64_t)dropoff_error_errno(error));
    dropoff_error_free(error);
    error = NULL;
    return 0;
}

static void got_stored(const char *prefix, const dropoff_stored_object *stored) {
    char name[64];
#define FIELD(field) (sprintf(name, "%s%s", prefix, field), name)
    got_number(FIELD("bytes"), dropoff_stored_object_bytes(stored));
    got_text(FIELD("etag"), dropoff_stored_object_etag(stored));
    got_text(FIELD("sha256"), dropoff_stored_object_sha256(stored));
    got_text(FIELD("md5"), dropoff_stored_object_md5(stored));
    got_bool(FIELD("verified"), dropoff_stored_object_verified(stored));
    got_number(FIELD("attempts"), dropoff_stored_object_attempts(stored));
    GOT_TEXTS(FIELD("warnings"), dropoff_stored_object_warnings, text, stored);
#undef FIELD
}

static void got_profile(const dropoff_profile *profile) {
    uint64_t bytes = 0;
    printf("result %s\n", dropoff_profile_to_json(profile));
    got_text("id", dropoff_profile_id(profile));
    got_text("name", dropoff_profile_name(profile));
    got_text("browser_name", dropoff_profile_browser_name(profile));
    got_text("browser_version", dropoff_profile_browser_version(profile));
    got_text("description", dropoff_profile_description(profile));
    got_text("labels_json", dropoff_profile_labels_json(profile));
    got_text("s3_path", dropoff_profile_s3_path(profile));
    if (dropoff_profile_file_size_bytes(profile, &bytes))
        got_number("file_size_bytes", bytes);
    else
        got_text("file_size_bytes", NULL);
    CHECK(dropoff_profile_file_size_bytes(profile, NULL) == dropoff_profile_file_size_bytes(profile, &bytes));
    got_text("checksum", dropoff_profile_checksum(profile));
    got_number("usage_count", dropoff_profile_usage_count(profile));
    got_text("last_used_at", dropoff_profile_last_used_at(profile));
    got_bool("is_default", dropoff_profile_is_default(profile));
    got_text("user_id", dropoff_profile_user_id(profile));
    got_text("org_id", dropoff_profile_org_id(profile));
    got_text("created_at", dropoff_profile_created_at(profile));
    got_text("updated_at", dropoff_profile_updated_at(profile));
    got_bool("verified", dropoff_profile_verified(profile));
    got_bool("unchanged", dropoff_profile_unchanged(profile));
    if (dropoff_profile_stored_object(profile) != NULL)
        got_stored("upload.", dropoff_profile_stored_object(profile));
    else
        got_text("upload", NULL);
    if (dropoff_profile_was_packed(profile)) {
        got_number("packed.files", dropoff_profile_packed_files(profile));
        got_number("packed.bytes", dropoff_profile_packed_bytes(profile));
        got_number("packed.archive_bytes", dropoff_profile_packed_archive_bytes(profile));
        got_number("packed.left_out", dropoff_profile_packed_left_out(profile));
        got_text("packed.consistency", dropoff_profile_packed_consistency(profile));
        got_bool("packed.browser_guessed", dropoff_profile_packed_browser_guessed(profile));
    } else {
        got_text("packed", NULL);
        CHECK(dropoff_profile_packed_files(profile) == 0 && dropoff_profile_packed_archive_bytes(profile) == 0);
        CHECK(dropoff_profile_packed_consistency(profile) == NULL);
        CHECK(!dropoff_profile_packed_browser_guessed(profile));
    }
    GOT_TEXTS("packed.unknown", dropoff_profile_packed_unknown, name, profile);
    GOT_TEXTS("packed.warnings", dropoff_profile_packed_warnings, text, profile);
    GOT_TEXTS("abandoned_profile_ids", dropoff_profile_abandoned, id, profile);
}

static void got_inspection(const dropoff_inspection *seen) {
    size_t at;
    printf("result %s\n", dropoff_inspection_to_json(seen));
    got_text("family", dropoff_inspection_family(seen));
    got_text("product", dropoff_inspection_product(seen));
    got_text("browser_name", dropoff_inspection_browser_name(seen));
    got_text("browser_version", dropoff_inspection_browser_version(seen));
    GOT_TEXTS("profiles", dropoff_inspection_profiles, name, seen);
    got_number("files", dropoff_inspection_files(seen));
    got_number("bytes", dropoff_inspection_bytes(seen));
    for (at = 0; at < dropoff_inspection_sizes_count(seen); at++) {
        got_text(at_index("sizes", at, "category"), dropoff_inspection_sizes_category(seen, at));
        got_number(at_index("sizes", at, "files"), dropoff_inspection_sizes_files(seen, at));
        got_number(at_index("sizes", at, "bytes"), dropoff_inspection_sizes_bytes(seen, at));
        got_bool(at_index("sizes", at, "packed"), dropoff_inspection_sizes_packed(seen, at));
    }
    CHECK(dropoff_inspection_sizes_category(seen, at) == NULL && dropoff_inspection_sizes_files(seen, at) == 0);
    CHECK(dropoff_inspection_sizes_bytes(seen, at) == 0 && !dropoff_inspection_sizes_packed(seen, at));
    for (at = 0; at < dropoff_inspection_largest_count(seen); at++) {
        got_text(at_index("largest", at, "path"), dropoff_inspection_largest_path(seen, at));
        got_number(at_index("largest", at, "bytes"), dropoff_inspection_largest_bytes(seen, at));
    }
    CHECK(dropoff_inspection_largest_path(seen, at) == NULL && dropoff_inspection_largest_bytes(seen, at) == 0);
    for (at = 0; at < dropoff_inspection_left_out_count(seen); at++) {
        got_text(at_index("left_out", at, "path"), dropoff_inspection_left_out_path(seen, at));
        got_text(at_index("left_out", at, "category"), dropoff_inspection_left_out_category(seen, at));
        got_text(at_index("left_out", at, "reason"), dropoff_inspection_left_out_reason(seen, at));
        got_number(at_index("left_out", at, "files"), dropoff_inspection_left_out_files(seen, at));
        got_number(at_index("left_out", at, "bytes"), dropoff_inspection_left_out_bytes(seen, at));
    }
    CHECK(dropoff_inspection_left_out_path(seen, at) == NULL && dropoff_inspection_left_out_reason(seen, at) == NULL);
    CHECK(dropoff_inspection_left_out_category(seen, at) == NULL && dropoff_inspection_left_out_files(seen, at) == 0);
    CHECK(dropoff_inspection_left_out_bytes(seen, at) == 0);
    GOT_TEXTS("unknown", dropoff_inspection_unknown, name, seen);
    got_text("lock", dropoff_inspection_lock(seen));
    got_number("lock_process", (uint64_t)dropoff_inspection_lock_process(seen));
    got_text("cookies.system", dropoff_inspection_cookies_system(seen));
    GOT_TEXTS("cookies.key_versions", dropoff_inspection_cookies_key_versions, text, seen);
    got_text("verdict", dropoff_inspection_verdict(seen));
    got_text("advice", dropoff_inspection_advice(seen));
    GOT_TEXTS("warnings", dropoff_inspection_warnings, text, seen);
}

static void got_files(const dropoff_sent_files *files) {
    size_t at;
    for (at = 0; at < dropoff_sent_files_count(files); at++) {
        got_text(at_index("files", at, "file_id"), dropoff_sent_files_file_id(files, at));
        got_text(at_index("files", at, "name"), dropoff_sent_files_name(files, at));
        got_number(at_index("files", at, "size"), dropoff_sent_files_size(files, at));
        got_text(at_index("files", at, "etag"), dropoff_sent_files_etag(files, at));
        got_text(at_index("files", at, "md5"), dropoff_sent_files_md5(files, at));
        got_text(at_index("files", at, "sha256"), dropoff_sent_files_sha256(files, at));
        got_bool(at_index("files", at, "verified"), dropoff_sent_files_verified(files, at));
        got_number(at_index("files", at, "attempts"), dropoff_sent_files_attempts(files, at));
        got_number(at_index("files", at, "parts"), dropoff_sent_files_parts(files, at));
    }
    CHECK(dropoff_sent_files_name(files, at) == NULL && dropoff_sent_files_attempts(files, at) == 0);
    CHECK(dropoff_sent_files_sha256(files, at) == NULL && dropoff_sent_files_parts(files, at) == 0);
}

/* -- logs */

struct logged {
    dropoff_log_level level;
    char *message;
};

/* Written by dropoff's thread, and read after that is known to be through: without a lock on purpose. */
static struct {
    struct logged *lines;
    size_t count, finalized;
} logs;

static void keep_line(dropoff_log_level level, const char *message, void *user_data) {
    CHECK(user_data == (void *)&logs && logs.finalized == 0);
    CHECK(level >= DROPOFF_LOG_WARN && level <= DROPOFF_LOG_DEBUG && strchr(message, '\n') == NULL);
    logs.lines = realloc(logs.lines, (logs.count + 1) * sizeof *logs.lines);
    CHECK(logs.lines != NULL);
    logs.lines[logs.count].level = level;
    logs.lines[logs.count++].message = strdup(message);
}

static void count_finalized(void *user_data) {
    CHECK(user_data == (void *)&logs);
    logs.finalized++;
}

static void show_logs(void) {
    static const char *const levels[] = {"none", "warn", "info", "debug"};
    size_t at;
    MUST(dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, &error));
    CHECK(logs.finalized == 1);
    for (at = 0; at < logs.count; at++) {
        const unsigned char *from = (const unsigned char *)logs.lines[at].message;
        printf("log %s ", levels[logs.lines[at].level]);
        for (; *from != '\0'; from++)
            printf("%%%02X", *from);
        putchar('\n');
        free(logs.lines[at].message);
    }
    free(logs.lines);
}

/* -- cancelling */

static struct {
    pthread_mutex_t lock;
    int now;
} stop = {PTHREAD_MUTEX_INITIALIZER, 0};

static int stop_when_told(const dropoff_progress *progress, void *user_data) {
    int now;
    (void)progress, (void)user_data;
    pthread_mutex_lock(&stop.lock);
    now = stop.now;
    pthread_mutex_unlock(&stop.lock);
    return now;
}

/* Cancels the job when told to, and gives it 2 s to end. */
static dropoff_status cancelled(dropoff_job *job) {
    bool over = false;
    char *text = NULL;
    size_t room = 0;
    dropoff_status status;
    if (strcmp(arg("cancel"), "progress") == 0)
        MUST(dropoff_job_on_progress(job, stop_when_told, NULL, NULL, &error));
    CHECK(getline(&text, &room, stdin) > 0);
    free(text);
    if (strcmp(arg("cancel"), "progress") == 0) {
        pthread_mutex_lock(&stop.lock);
        stop.now = 1;
        pthread_mutex_unlock(&stop.lock);
    } else {
        dropoff_job_cancel(job);
    }
    status = dropoff_job_wait_ms(job, 60000, &over, &error);
    /* Not over in time, or a success, which has no place here. */
    CHECK(status != DROPOFF_OK);
    CHECK(dropoff_job_is_done(job));
    dropoff_job_free(job);
    return status;
}

/* -- making the call */

static FILE *opened(const char *path) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    return file;
}

static int read_file(void *user_data, uint8_t *buffer, size_t capacity, size_t *read_out) {
    /* Less than there is room for, as a pipe would. */
    *read_out = fread(buffer, 1, capacity < 50000 ? capacity : 50000, user_data);
    return ferror((FILE *)user_data);
}

static int rewind_file(void *user_data) {
    return fseek(user_data, 0, SEEK_SET) == 0 ? 0 : EIO;
}

static void close_file(void *user_data) {
    fclose(user_data);
}

/* Of `source KIND PATH …`. */
static dropoff_source *make_source(const struct line *line) {
    dropoff_source *source = NULL;
    const char *path = line->values[1];
    if (strcmp(line->values[0], "path") == 0) {
        MUST(dropoff_source_from_path(path, &source, &error));
    } else if (strcmp(line->values[0], "reader") == 0) {
        MUST(dropoff_source_from_reader(read_file, opened(path), close_file, &source, &error));
    } else if (strcmp(line->values[0], "rewindable") == 0) {
        MUST(dropoff_source_from_rewindable_reader(read_file, rewind_file, opened(path), close_file, &source,
                                                   &error));
    } else {
        FILE *file = opened(path);
        uint8_t *bytes;
        long length;
        CHECK(strcmp(line->values[0], "memory") == 0);
        fseek(file, 0, SEEK_END);
        length = ftell(file);
        rewind(file);
        bytes = malloc((size_t)length + 1);
        CHECK(bytes != NULL && fread(bytes, 1, (size_t)length, file) == (size_t)length);
        fclose(file);
        MUST(dropoff_source_from_memory(bytes, (size_t)length, bytes, free, &source, &error));
    }
    return source;
}

static dropoff_options *options;
static dropoff_hcompany *hcompany;
static dropoff_agentdrop *agentdrop;
static dropoff_storage *storage;

static dropoff_status make_options(void) {
    struct line *line = NULL;
    dropoff_status status = dropoff_options_new(&options, &error);
    while (status == DROPOFF_OK && (line = next_line("option", line)) != NULL) {
        const char *setter = line->values[0], *name = line->values[1], *value = line->values[2];
        if (strcmp(setter, "ms") == 0)
            status = dropoff_options_set_ms(options, name, number(value), &error);
        else if (strcmp(setter, "number") == 0)
            status = dropoff_options_set_number(options, name, number(value), &error);
        else if (strcmp(setter, "bool") == 0)
            status = dropoff_options_set_bool(options, name, strcmp(value, "true") == 0, &error);
        else if (strcmp(setter, "text") == 0)
            status = dropoff_options_set_text(options, name, value, &error);
        else
            status = dropoff_options_add_text(options, name, value, &error);
    }
    return status;
}

static dropoff_status make_hcompany(void) {
    dropoff_status status = make_options();
    return status ? status
                  : dropoff_hcompany_new(arg("api_key"), NULL, arg("api_url"), options, &hcompany, &error);
}

static dropoff_status make_agentdrop(void) {
    dropoff_status status = make_options();
    return status ? status : dropoff_agentdrop_new(arg("api_key"), arg("api_url"), options, &agentdrop, &error);
}

static dropoff_status make_storage(void) {
    dropoff_status status = make_options();
    return status ? status : dropoff_storage_new(options, &storage, &error);
}

static dropoff_source *one_source(void) {
    struct line *line = next_line("source", NULL);
    CHECK(line != NULL);
    return make_source(line);
}

/* Of `pack WHAT VALUE`, in that order; NULL if there are none. What is wrong with a value is a result of the call, like
 * any other. */
static dropoff_status make_pack(dropoff_pack **pack) {
    dropoff_status status = DROPOFF_OK;
    struct line *line = NULL;
    while (status == DROPOFF_OK && (line = next_line("pack", line)) != NULL) {
        const char *what = line->values[0], *value = line->values[1];
        if (*pack == NULL)
            MUST(dropoff_pack_new(pack, &error));
        if (strcmp(what, "level") == 0)
            status = dropoff_pack_set_level(*pack, value, &error);
        else if (strcmp(what, "profile") == 0)
            status = dropoff_pack_set_profile(*pack, value, &error);
        else if (strcmp(what, "include") == 0)
            status = dropoff_pack_add_include(*pack, value, &error);
        else if (strcmp(what, "exclude") == 0)
            status = dropoff_pack_add_exclude(*pack, value, &error);
        else if (strcmp(what, "if_running") == 0)
            status = dropoff_pack_set_if_running(*pack, value, &error);
        else {
            CHECK(strcmp(what, "prefix") == 0);
            status = dropoff_pack_set_prefix(*pack, value, &error);
        }
    }
    return status;
}

static int inspect_profile(void) {
    dropoff_pack *pack = NULL;
    dropoff_inspection *seen = NULL;
    struct line *line = next_line("source", NULL);
    CHECK(line != NULL);
    if (make_pack(&pack) || dropoff_inspect_profile(line->values[1], pack, &seen, &error))
        failed();
    else
        got_inspection(seen);
    dropoff_inspection_free(seen);
    dropoff_pack_free(pack);
    return 0;
}

static int upload_profile(void) {
    dropoff_profile_upload *upload = NULL;
    dropoff_profile *profile = NULL;
    dropoff_pack *pack = NULL;
    dropoff_source *source;
    dropoff_job *job = NULL;
    dropoff_status status;
    struct line *line = NULL;
    if (make_hcompany())
        return failed();
    if (make_pack(&pack)) {
        dropoff_pack_free(pack);
        return failed();
    }
    source = one_source();
    MUST(dropoff_profile_upload_new(source, arg_or("name", "scenario"), &upload, &error));
    if (arg("no_browser") == NULL)
        MUST(dropoff_profile_upload_set_browser(upload, arg_or("browser_name", "chromium"),
                                                arg_or("browser_version", "131"), &error));
    if (pack != NULL)
        MUST(dropoff_profile_upload_set_pack(upload, pack, &error));
    dropoff_pack_free(pack);
    if (arg("if_changed_from") != NULL)
        MUST(dropoff_profile_upload_set_if_changed_from(upload, arg("if_changed_from"), &error));
    if (arg("description") != NULL)
        MUST(dropoff_profile_upload_set_description(upload, arg("description"), &error));
    while ((line = next_line("label", line)) != NULL)
        MUST(dropoff_profile_upload_add_label(upload, line->values[0], line->values[1], &error));
    if (arg("timeout") != NULL)
        MUST(dropoff_profile_upload_set_timeout_ms(upload, number(arg("timeout")), &error));
    if (arg("cancel") == NULL)
        status = dropoff_hcompany_upload_profile(hcompany, upload, &profile, &error);
    else if ((status = dropoff_hcompany_start_upload_profile(hcompany, upload, &job, &error)) == DROPOFF_OK)
        status = cancelled(job);
    if (status)
        failed();
    else
        got_profile(profile);
    dropoff_profile_free(profile);
    dropoff_profile_upload_free(upload);
    dropoff_source_free(source);
    return 0;
}

static int profile_steps(void) {
    dropoff_profile_ticket *ticket = NULL;
    dropoff_profile_details *details = NULL;
    dropoff_stored_object *stored = NULL;
    dropoff_profile *profile = NULL, *seen = NULL;
    dropoff_pack *pack = NULL;
    dropoff_source *source;
    struct line *line = NULL;
    int ended;
    if (make_hcompany())
        return failed();
    if (make_pack(&pack)) {
        dropoff_pack_free(pack);
        return failed();
    }
    source = one_source();
    MUST(dropoff_profile_details_new(arg_or("name", "scenario"), &details, &error));
    if (arg("no_browser") == NULL)
        MUST(dropoff_profile_details_set_browser(details, arg_or("browser_name", "chromium"),
                                                 arg_or("browser_version", "131"), &error));
    if (arg("description") != NULL)
        MUST(dropoff_profile_details_set_description(details, arg("description"), &error));
    while ((line = next_line("label", line)) != NULL)
        MUST(dropoff_profile_details_add_label(details, line->values[0], line->values[1], &error));
    ended = dropoff_hcompany_initiate_upload(hcompany, &ticket, &error)
            || (pack == NULL ? dropoff_hcompany_upload(hcompany, ticket, source, &stored, &error)
                             : dropoff_hcompany_upload_packed(hcompany, ticket, source, pack, &stored, &error))
            || dropoff_profile_details_set_uploaded(details, stored, &error)
            || dropoff_hcompany_complete_upload(hcompany, dropoff_profile_ticket_profile_id(ticket), details,
                                                &profile, &error)
            || dropoff_hcompany_get_profile(hcompany, dropoff_profile_id(profile), &seen, &error);
    if (ended) {
        failed();
    } else {
        CHECK(strcmp(dropoff_profile_checksum(seen), dropoff_profile_checksum(profile)) == 0);
        CHECK(!dropoff_profile_verified(seen) && dropoff_profile_stored_object(seen) == NULL);
        CHECK(dropoff_profile_ticket_expires_in_ms(ticket) > 0);
        got_profile(profile);
    }
    dropoff_profile_free(seen);
    dropoff_profile_free(profile);
    dropoff_stored_object_free(stored);
    dropoff_profile_details_free(details);
    dropoff_profile_ticket_free(ticket);
    dropoff_source_free(source);
    dropoff_pack_free(pack);
    return 0;
}

/* Of the arguments encrypt.…; what is wrong with keys is a result of the call, like any other. */
static dropoff_status make_encryption(dropoff_encryption **encryption) {
    dropoff_key_pair *pair = NULL;
    dropoff_status status;
    if (arg("encrypt.presealed") != NULL) {
        status = dropoff_encryption_presealed(arg("encrypt.presealed"), encryption, &error);
    } else {
        status = dropoff_key_pair_from_private_key(arg_or("encrypt.private_key", ""), &pair, &error);
        if (status == DROPOFF_OK)
            status = dropoff_encryption_new(pair, encryption, &error);
        dropoff_key_pair_free(pair);
    }
    if (status == DROPOFF_OK && arg("encrypt.recipient_public_key") != NULL)
        status = dropoff_encryption_set_recipient_public_key(*encryption, arg("encrypt.recipient_public_key"),
                                                             &error);
    if (status == DROPOFF_OK && arg("encrypt.algorithm") != NULL)
        status = dropoff_encryption_set_algorithm(*encryption, arg("encrypt.algorithm"), &error);
    return status;
}

/* NULL, and the error, if it is to be sealed and its keys are none. */
static dropoff_transfer *make_transfer(void) {
    dropoff_transfer *transfer = NULL;
    dropoff_encryption *encryption = NULL;
    struct line *line = NULL;
    size_t at = 0;
    if (arg("encrypt") != NULL && make_encryption(&encryption)) {
        dropoff_encryption_free(encryption);
        return NULL;
    }
    MUST(dropoff_transfer_new(arg_or("sender", "sender-agent"), arg_or("recipient", "recipient-agent"), &transfer,
                              &error));
    while ((line = next_line("source", line)) != NULL) {
        dropoff_source *source = make_source(line);
        MUST(dropoff_transfer_add_file(transfer, source, line->values[2], line->values[3], &error));
        if (line->values[4] != NULL)
            MUST(dropoff_transfer_set_file_encryption_iv(transfer, at, line->values[4], &error));
        at++;
        dropoff_source_free(source);
    }
    if (encryption != NULL)
        MUST(dropoff_transfer_set_encryption(transfer, encryption, &error));
    dropoff_encryption_free(encryption);
    if (arg("multipart") != NULL)
        MUST(dropoff_transfer_set_multipart(transfer, strcmp(arg("multipart"), "true") == 0, &error));
    if (arg("journal") != NULL)
        MUST(dropoff_transfer_set_journal(transfer, arg("journal"), &error));
    if (arg("mode") != NULL)
        MUST(dropoff_transfer_set_mode(transfer, arg("mode"), &error));
    if (arg("expires_in") != NULL)
        MUST(dropoff_transfer_set_expires_in(transfer, arg("expires_in"), &error));
    if (arg("max_downloads") != NULL)
        MUST(dropoff_transfer_set_max_downloads(transfer, number(arg("max_downloads")), &error));
    if (arg("message") != NULL)
        MUST(dropoff_transfer_set_message(transfer, arg("message"), &error));
    if (arg("metadata") != NULL)
        MUST(dropoff_transfer_set_metadata_json(transfer, arg("metadata"), &error));
    if (arg("auto_delete") != NULL)
        MUST(dropoff_transfer_set_auto_delete(transfer, strcmp(arg("auto_delete"), "true") == 0, &error));
    if (arg("recipient_account") != NULL)
        MUST(dropoff_transfer_set_recipient_account(transfer, arg("recipient_account"), &error));
    if (arg("timeout") != NULL)
        MUST(dropoff_transfer_set_timeout_ms(transfer, number(arg("timeout")), &error));
    return transfer;
}

static int send_transfer(void) {
    dropoff_transfer *transfer;
    dropoff_sent_transfer *sent = NULL;
    dropoff_job *job = NULL;
    dropoff_status status;
    if (make_agentdrop())
        return failed();
    if ((transfer = make_transfer()) == NULL)
        return failed();
    if (arg("cancel") == NULL)
        status = dropoff_agentdrop_send(agentdrop, transfer, &sent, &error);
    else if ((status = dropoff_agentdrop_start_send(agentdrop, transfer, &job, &error)) == DROPOFF_OK)
        status = cancelled(job);
    if (status) {
        failed();
    } else {
        printf("result %s\n", dropoff_sent_transfer_to_json(sent));
        got_text("id", dropoff_sent_transfer_id(sent));
        got_text("status", dropoff_sent_transfer_status(sent));
        got_bool("encrypted", dropoff_sent_transfer_encrypted(sent));
        got_text("expires_at", dropoff_sent_transfer_expires_at(sent));
        got_text("recipient_key_fingerprint", dropoff_sent_transfer_recipient_key_fingerprint(sent));
        got_text("recipient_key_source", dropoff_sent_transfer_recipient_key_source(sent));
        got_files(dropoff_sent_transfer_files(sent));
    }
    dropoff_sent_transfer_free(sent);
    dropoff_transfer_free(transfer);
    return 0;
}

static int transfer_steps(void) {
    dropoff_transfer *transfer;
    dropoff_transfer_ticket *ticket = NULL;
    dropoff_files *files = NULL;
    dropoff_sent_files *sent = NULL;
    dropoff_confirmed *confirmed = NULL;
    dropoff_transfer_info *info = NULL;
    struct line *line = NULL;
    size_t at = 0;
    int ended;
    if (make_agentdrop() || (transfer = make_transfer()) == NULL)
        return failed();
    MUST(dropoff_files_new(&files, &error));
    while ((line = next_line("source", line)) != NULL) {
        dropoff_source *source = make_source(line);
        MUST(dropoff_files_add(files, source, line->values[2], line->values[3], &error));
        if (line->values[4] != NULL)
            MUST(dropoff_files_set_encryption_iv(files, at, line->values[4], &error));
        at++;
        dropoff_source_free(source);
    }
    ended = dropoff_agentdrop_presign(agentdrop, transfer, &ticket, &error)
            || dropoff_agentdrop_upload(agentdrop, ticket, files, &sent, &error)
            || dropoff_agentdrop_confirm(agentdrop, dropoff_transfer_ticket_id(ticket), &confirmed, &error)
            || dropoff_agentdrop_get_transfer(agentdrop, dropoff_transfer_ticket_id(ticket), &info, &error);
    if (ended) {
        failed();
    } else {
        CHECK(strcmp(dropoff_transfer_info_status(info), dropoff_confirmed_status(confirmed)) == 0);
        CHECK(strcmp(dropoff_transfer_info_id(info), dropoff_transfer_ticket_id(ticket)) == 0);
        CHECK(strstr(dropoff_transfer_info_to_json(info), dropoff_transfer_info_id(info)) != NULL);
        CHECK(strstr(dropoff_confirmed_to_json(confirmed), dropoff_confirmed_id(confirmed)) != NULL);
        CHECK(dropoff_transfer_ticket_expires_at(ticket) != NULL);
        printf("result {\"id\": \"%s\", \"status\": \"%s\", \"files\": %s}\n", dropoff_confirmed_id(confirmed),
               dropoff_confirmed_status(confirmed), dropoff_sent_files_to_json(sent));
        got_text("id", dropoff_confirmed_id(confirmed));
        got_text("status", dropoff_confirmed_status(confirmed));
        got_files(sent);
    }
    dropoff_transfer_info_free(info);
    dropoff_confirmed_free(confirmed);
    dropoff_sent_files_free(sent);
    dropoff_files_free(files);
    dropoff_transfer_ticket_free(ticket);
    dropoff_transfer_free(transfer);
    return 0;
}

static int plan_transfer(void) {
    dropoff_transfer *transfer;
    dropoff_transfer_plan *plan = NULL;
    size_t at;
    if (make_agentdrop() || (transfer = make_transfer()) == NULL)
        return failed();
    if (dropoff_agentdrop_plan(agentdrop, transfer, &plan, &error)) {
        failed();
    } else {
        printf("result %s\n", dropoff_transfer_plan_to_json(plan));
        got_bool("multipart", dropoff_transfer_plan_multipart(plan));
        got_bool("encrypted", dropoff_transfer_plan_encrypted(plan));
        got_number("total_bytes", dropoff_transfer_plan_total_bytes(plan));
        got_text("request_json", dropoff_transfer_plan_request_json(plan));
        for (at = 0; at < dropoff_transfer_plan_files_count(plan); at++) {
            got_text(at_index("files", at, "name"), dropoff_transfer_plan_files_name(plan, at));
            got_number(at_index("files", at, "size"), dropoff_transfer_plan_files_size(plan, at));
            got_text(at_index("files", at, "content_type"), dropoff_transfer_plan_files_content_type(plan, at));
            got_number(at_index("files", at, "parts"), dropoff_transfer_plan_files_parts(plan, at));
            got_number(at_index("files", at, "part_size"), dropoff_transfer_plan_files_part_size(plan, at));
        }
        CHECK(dropoff_transfer_plan_files_name(plan, at) == NULL);
        CHECK(dropoff_transfer_plan_files_content_type(plan, at) == NULL);
        CHECK(dropoff_transfer_plan_files_size(plan, at) == 0 && dropoff_transfer_plan_files_parts(plan, at) == 0);
        CHECK(dropoff_transfer_plan_files_part_size(plan, at) == 0);
    }
    dropoff_transfer_plan_free(plan);
    dropoff_transfer_free(transfer);
    return 0;
}

/* The two that give a target away, for the raw calls. */

static int presign(void) {
    dropoff_transfer *transfer;
    dropoff_transfer_ticket *ticket = NULL;
    if (make_agentdrop() || (transfer = make_transfer()) == NULL)
        return failed();
    MUST(dropoff_agentdrop_presign(agentdrop, transfer, &ticket, &error));
    printf("result %s\n", dropoff_transfer_ticket_reveal_json(ticket));
    dropoff_transfer_ticket_free(ticket);
    dropoff_transfer_free(transfer);
    return 0;
}

static int initiate(void) {
    dropoff_profile_ticket *ticket = NULL;
    if (make_hcompany())
        return failed();
    MUST(dropoff_hcompany_initiate_upload(hcompany, &ticket, &error));
    printf("result %s\n", dropoff_profile_ticket_reveal_json(ticket));
    dropoff_profile_ticket_free(ticket);
    return 0;
}

static int show_stored(dropoff_status status, dropoff_stored_object *stored) {
    if (status)
        return failed();
    printf("result %s\n", dropoff_stored_object_to_json(stored));
    got_stored("", stored);
    dropoff_stored_object_free(stored);
    return 0;
}

static int put(void) {
    dropoff_put *request = NULL;
    dropoff_stored_object *stored = NULL;
    dropoff_source *source;
    struct line *line = NULL;
    dropoff_job *job = NULL;
    dropoff_status status;
    if (make_storage())
        return failed();
    source = one_source();
    MUST(dropoff_put_new(arg("url"), source, &request, &error));
    while ((line = next_line("header", line)) != NULL)
        MUST(dropoff_put_add_header(request, line->values[0], line->values[1], &error));
    if (arg("timeout") != NULL)
        MUST(dropoff_put_set_timeout_ms(request, number(arg("timeout")), &error));
    if (arg("cancel") == NULL)
        status = dropoff_storage_put(storage, request, &stored, &error);
    else if ((status = dropoff_storage_start_put(storage, request, &job, &error)) == DROPOFF_OK)
        status = cancelled(job);
    show_stored(status, stored);
    dropoff_put_free(request);
    dropoff_source_free(source);
    return 0;
}

static int post_form(void) {
    dropoff_post_form *request = NULL;
    dropoff_stored_object *stored = NULL;
    dropoff_source *source;
    struct line *line = NULL;
    dropoff_job *job = NULL;
    dropoff_status status;
    if (make_storage())
        return failed();
    source = one_source();
    MUST(dropoff_post_form_new(arg("url"), source, &request, &error));
    while ((line = next_line("field", line)) != NULL)
        MUST(dropoff_post_form_add_field(request, line->values[0], line->values[1], &error));
    if (arg("timeout") != NULL)
        MUST(dropoff_post_form_set_timeout_ms(request, number(arg("timeout")), &error));
    if (arg("cancel") == NULL)
        status = dropoff_storage_post_form(storage, request, &stored, &error);
    else if ((status = dropoff_storage_start_post_form(storage, request, &job, &error)) == DROPOFF_OK)
        status = cancelled(job);
    show_stored(status, stored);
    dropoff_post_form_free(request);
    dropoff_source_free(source);
    return 0;
}

static int put_parts(void) {
    dropoff_put_parts *request = NULL;
    dropoff_stored_parts *stored = NULL;
    dropoff_source *source;
    struct line *line = NULL;
    dropoff_job *job = NULL;
    dropoff_status status;
    size_t at;
    if (make_storage())
        return failed();
    source = one_source();
    MUST(dropoff_put_parts_new(source, &request, &error));
    while ((line = next_line("url", line)) != NULL)
        MUST(dropoff_put_parts_add_url(request, line->values[0], &error));
    if (arg("part_size") != NULL)
        MUST(dropoff_put_parts_set_part_size(request, number(arg("part_size")), &error));
    if (arg("timeout") != NULL)
        MUST(dropoff_put_parts_set_timeout_ms(request, number(arg("timeout")), &error));
    if (arg("cancel") == NULL)
        status = dropoff_storage_put_parts(storage, request, &stored, &error);
    else if ((status = dropoff_storage_start_put_parts(storage, request, &job, &error)) == DROPOFF_OK)
        status = cancelled(job);
    if (status) {
        failed();
    } else {
        printf("result %s\n", dropoff_stored_parts_to_json(stored));
        got_number("bytes", dropoff_stored_parts_bytes(stored));
        got_number("part_size", dropoff_stored_parts_part_size(stored));
        got_bool("verified", dropoff_stored_parts_verified(stored));
        for (at = 0; at < dropoff_stored_parts_count(stored); at++) {
            got_number(at_index("parts", at, "part_number"), dropoff_stored_parts_part_number(stored, at));
            got_number(at_index("parts", at, "bytes"), dropoff_stored_parts_part_bytes(stored, at));
            got_text(at_index("parts", at, "etag"), dropoff_stored_parts_part_etag(stored, at));
            got_text(at_index("parts", at, "md5"), dropoff_stored_parts_part_md5(stored, at));
            got_bool(at_index("parts", at, "verified"), dropoff_stored_parts_part_verified(stored, at));
            got_number(at_index("parts", at, "attempts"), dropoff_stored_parts_part_attempts(stored, at));
        }
        CHECK(dropoff_stored_parts_part_number(stored, at) == 0 && dropoff_stored_parts_part_bytes(stored, at) == 0);
        CHECK(dropoff_stored_parts_part_etag(stored, at) == NULL && dropoff_stored_parts_part_md5(stored, at) == NULL);
        CHECK(!dropoff_stored_parts_part_verified(stored, at));
        CHECK(dropoff_stored_parts_part_attempts(stored, at) == 0);
    }
    dropoff_stored_parts_free(stored);
    dropoff_put_parts_free(request);
    dropoff_source_free(source);
    return 0;
}

static int open_sealed(void) {
    dropoff_key_pair *pair = NULL;
    dropoff_sealed_file *sealed = NULL;
    dropoff_opened_file *opened = NULL;
    struct line *line = next_line("source", NULL);
    CHECK(line != NULL);
    MUST(dropoff_sealed_file_new(line->values[1], &sealed, &error));
    if (arg("sender_public_key") != NULL)
        MUST(dropoff_sealed_file_set_sender_public_key(sealed, arg("sender_public_key"), &error));
    if (arg("encrypted_key") != NULL)
        MUST(dropoff_sealed_file_set_encrypted_key(sealed, arg("encrypted_key"), &error));
    if (arg("encryption_salt") != NULL)
        MUST(dropoff_sealed_file_set_encryption_salt(sealed, arg("encryption_salt"), &error));
    if (arg("encryption_iv") != NULL)
        MUST(dropoff_sealed_file_set_encryption_iv(sealed, arg("encryption_iv"), &error));
    if (dropoff_key_pair_from_private_key(arg_or("private_key", ""), &pair, &error)
        || dropoff_open_sealed(sealed, arg("to"), pair, &opened, &error)) {
        failed();
    } else {
        printf("result %s\n", dropoff_opened_file_to_json(opened));
        got_text("path", dropoff_opened_file_path(opened));
        got_number("bytes", dropoff_opened_file_bytes(opened));
    }
    dropoff_opened_file_free(opened);
    dropoff_sealed_file_free(sealed);
    dropoff_key_pair_free(pair);
    return 0;
}

int main(void) {
    static const struct {
        const char *name;
        int (*make)(void);
    } calls[] = {
        {"hcompany.upload_profile", upload_profile},
        {"hcompany.steps", profile_steps},
        {"agentdrop.send", send_transfer},
        {"agentdrop.steps", transfer_steps},
        {"agentdrop.plan", plan_transfer},
        {"agentdrop.presign", presign},
        {"hcompany.initiate_upload", initiate},
        {"storage.put", put},
        {"storage.post_form", post_form},
        {"storage.put_parts", put_parts},
        {"open_sealed", open_sealed},
        {"inspect_profile", inspect_profile},
    };
    size_t at;
    read_lines();
    MUST(dropoff_log_set(DROPOFF_LOG_DEBUG, keep_line, &logs, count_finalized, &error));
    for (at = 0; strcmp(calls[at].name, arg("call")) != 0; at++)
        CHECK(at + 1 < sizeof calls / sizeof calls[0]);
    calls[at].make();
    show_logs();
    dropoff_options_free(options);
    dropoff_hcompany_free(hcompany);
    dropoff_agentdrop_free(agentdrop);
    dropoff_storage_free(storage);
    free_lines();
    UNTIL(dropoff_live_handles() == 0);
    return 0;
}
