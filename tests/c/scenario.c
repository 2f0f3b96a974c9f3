/* Makes the one call that its standard input describes, and prints what came of it.
 *
 * A line is a word and its values, with one space before each; values are percent-encoded, and a lone % is
 * NULL. An empty line ends them. With `arg cancel HOW` the call is cancelled when one more line comes: by
 * `job` or by the `progress` callback.
 * The answer is a line `result JSON` or `error JSON`, then `got FIELD VALUE` for each field of the result, or
 * for what each getter of the error gave, so that the two can be compared, and then `log LEVEL MESSAGE` for
 * all that was logged. */
#include "check.h"

#include <errno.h>
#include <pthread.h>

enum { VALUES = 5, LINES = 4096 };

struct line {
    char *word;
    char *values[VALUES];
};

static struct line lines[LINES];
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
        CHECK(line_count < LINES);
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

/* The value of `WORD NAME VALUE`, or NULL. */
static const char *value_of(const char *word, const char *name) {
    struct line *line = NULL;
    while ((line = next_line(word, line)) != NULL)
        if (strcmp(line->values[0], name) == 0)
            return line->values[1];
    return NULL;
}

static const char *arg(const char *name) {
    return value_of("arg", name);
}

static const char *arg_or(const char *name, const char *otherwise) {
    return arg(name) == NULL ? otherwise : arg(name);
}

/* As everywhere in a struct, what is not given is 0. */
static uint64_t number(const char *text) {
    return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static int choice(const char *text) {
    return text == NULL ? DROPOFF_AUTO : strcmp(text, "true") == 0 ? DROPOFF_YES : DROPOFF_NO;
}

/* The number of an enumerator. */
static int named(const char *text, const char *const names[3]) {
    int at;
    if (text == NULL)
        return 0;
    for (at = 0; strcmp(names[at], text) != 0; at++)
        CHECK(at < 2);
    return at;
}

/* The values of all `WORD NAME VALUE`, or of all `WORD VALUE` where `name` is NULL. */
static size_t texts(const char *word, const char *name, const char *const **list) {
    static const char *all[LINES];
    static size_t used;
    size_t from = used;
    struct line *line = NULL;
    while ((line = next_line(word, line)) != NULL)
        if (name == NULL || strcmp(line->values[0], name) == 0)
            all[used++] = line->values[name == NULL ? 0 : 1];
    *list = all + from;
    return used - from;
}

/* Those of all `WORD NAME VALUE`. A call has one such list. */
static size_t pairs(const char *word, const dropoff_pair **list) {
    static dropoff_pair all[LINES];
    size_t count = 0;
    struct line *line = NULL;
    for (; (line = next_line(word, line)) != NULL; count++) {
        all[count].name = line->values[0];
        all[count].value = line->values[1];
    }
    *list = all;
    return count;
}

/* The numbers of all `WORD NUMBER`. A call has one such list. */
static size_t numbers(const char *word, const uint64_t **list) {
    static uint64_t all[LINES];
    size_t count = 0;
    struct line *line = NULL;
    while ((line = next_line(word, line)) != NULL)
        all[count++] = number(line->values[0]);
    *list = all;
    return count;
}

/* Those of each part: the lines `part_header NAME VALUE` after a line `part_headers`. */
static size_t headers_of_parts(const dropoff_pairs **list) {
    static dropoff_pairs each[LINES];
    static dropoff_pair all[LINES];
    size_t count = 0, used = 0;
    struct line *line;
    for (line = lines; line < lines + line_count; line++) {
        if (strcmp(line->word, "part_headers") == 0) {
            each[count++].pairs = all + used;
        } else if (strcmp(line->word, "part_header") == 0) {
            CHECK(count > 0);
            all[used].name = line->values[0];
            all[used++].value = line->values[1];
            each[count - 1].pairs_count++;
        }
    }
    *list = each;
    return count;
}

/* -- showing */

/* Where the fields that are shown now are inside the result: "", or a path that ends with a dot. */
static char within[64];

static void enter(const char *record) {
    sprintf(within, "%s.", record);
}

static void enter_item(const char *list, size_t index) {
    sprintf(within, "%s.%lu.", list, (unsigned long)index);
}

static void leave(void) {
    within[0] = '\0';
}

/* Encodes a value as those of the lines are, and ends the line. */
static void put_value(const char *value) {
    const unsigned char *at;
    if (value == NULL)
        putchar('%');
    else
        for (at = (const unsigned char *)value; *at != '\0'; at++)
            printf("%%%02X", *at);
    putchar('\n');
}

static void got_text(const char *name, const char *value) {
    printf("got %s%s ", within, name);
    put_value(value);
}

static void got_number(const char *name, uint64_t value) {
    char text[32];
    sprintf(text, "%llu", (unsigned long long)value);
    got_text(name, text);
}

static void got_bool(const char *name, bool value) {
    got_text(name, value ? "true" : "false");
}

static void got_texts(const char *name, const char *const *list, size_t count) {
    char item[64];
    size_t at;
    for (at = 0; at < count; at++) {
        sprintf(item, "%s.%lu", name, (unsigned long)at);
        got_text(item, list[at]);
    }
}

/* Fields of a struct, under their own names. */
#define TEXT(of, field) got_text(#field, (of)->field)
#define NUMBER(of, field) got_number(#field, (of)->field)
#define BOOL(of, field) got_bool(#field, (of)->field)
#define TEXTS(of, field) got_texts(#field, (of)->field, (of)->field##_count)

/* A number that may be absent. */
#define NUMBER_OR_NONE(of, field)                                                                      \
    ((of)->field == UINT64_MAX ? got_text(#field, NULL) : got_number(#field, (of)->field))

static void got_error(void) {
    static const char *const sides[] = {"none", "caller", "network", "service", "storage"};
    static const char *const outcomes[] = {"none", "completed", "not_completed", "unknown"};
    static const char *const cleanups[] = {"none", "done", "failed"};
    const char *resource = dropoff_error_resource_kind(error), *id = dropoff_error_resource_id(error);
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
        enter_item("details", at);
        got_text("field", dropoff_error_details_field(error, at));
        got_text("message", dropoff_error_details_message(error, at));
    }
    leave();
    CHECK(dropoff_error_details_field(error, at) == NULL && dropoff_error_details_message(error, at) == NULL);
    got_text("outcome", outcomes[dropoff_error_outcome(error)]);
    got_text("cause", dropoff_error_cause(error));
    got_text("cleanup", cleanups[dropoff_error_cleanup(error)]);
    got_text("resource.kind", resource);
    got_text("resource.id", id);
    got_text("transfer_id", resource != NULL && strcmp(resource, "transfer") == 0 ? id : NULL);
    got_text("profile_id", resource != NULL && strcmp(resource, "profile") == 0 ? id : NULL);
    got_text("path", dropoff_error_path(error));
    got_text("journal", dropoff_error_journal(error));
    got_text("etag", dropoff_error_etag(error));
    got_number("errno", (uint64_t)dropoff_error_errno(error));
    dropoff_error_free(error);
    error = NULL;
}

/* Of a result that stands alone: what is within another has none. */
static void got_parts(const dropoff_stored_part *const *parts, size_t count) {
    size_t at;
    for (at = 0; at < count; at++) {
        const dropoff_stored_part *part = parts[at];
        CHECK(part->size == sizeof *part);
        enter_item("parts", at);
        NUMBER(part, part_number);
        NUMBER(part, bytes);
        TEXT(part, etag);
        TEXT(part, md5);
        BOOL(part, verified);
        NUMBER(part, attempts);
        TEXT(part, verified_by);
        TEXT(part, crc64nvme);
    }
    if (count > 0)
        leave();
}

static void got_stored(const dropoff_stored_object *stored) {
    CHECK(stored->size == sizeof *stored);
    NUMBER(stored, bytes);
    TEXT(stored, etag);
    TEXT(stored, sha256);
    TEXT(stored, md5);
    BOOL(stored, verified);
    NUMBER(stored, attempts);
    TEXTS(stored, warnings);
    TEXT(stored, verified_by);
    TEXT(stored, crc64nvme);
    if (stored->reply == NULL) {
        got_text("reply", NULL);
    } else {
        CHECK(stored->reply->size == sizeof *stored->reply);
        got_number("reply.status", stored->reply->status);
        got_text("reply.headers_json", stored->reply->headers_json);
        got_text("reply.body", stored->reply->body);
    }
    got_parts(stored->parts, stored->parts_count);
}

static void got_packed(const dropoff_pack_report *packed) {
    CHECK(packed->size == sizeof *packed);
    NUMBER(packed, files);
    NUMBER(packed, bytes);
    NUMBER(packed, archive_bytes);
    NUMBER(packed, left_out);
    TEXT(packed, consistency);
    BOOL(packed, browser_guessed);
    TEXTS(packed, unknown);
    TEXTS(packed, warnings);
}

static void got_profile(const dropoff_profile *profile) {
    CHECK(profile->size == sizeof *profile);
    printf("result %s\n", profile->json);
    TEXT(profile, id);
    TEXT(profile, name);
    TEXT(profile, browser_name);
    TEXT(profile, browser_version);
    TEXT(profile, description);
    TEXT(profile, labels_json);
    TEXT(profile, s3_path);
    NUMBER_OR_NONE(profile, file_size_bytes);
    TEXT(profile, checksum);
    NUMBER(profile, usage_count);
    TEXT(profile, last_used_at);
    BOOL(profile, is_default);
    TEXT(profile, user_id);
    TEXT(profile, org_id);
    TEXT(profile, created_at);
    TEXT(profile, updated_at);
    BOOL(profile, verified);
    BOOL(profile, unchanged);
    TEXTS(profile, abandoned_profile_ids);
    TEXT(profile, verified_by);
    if (profile->upload == NULL) {
        got_text("upload", NULL);
    } else {
        enter("upload");
        got_stored(profile->upload);
        leave();
    }
    if (profile->packed == NULL) {
        got_text("packed", NULL);
    } else {
        enter("packed");
        got_packed(profile->packed);
        leave();
    }
}

static void got_inspection(const dropoff_profile_inspection *seen) {
    size_t at;
    CHECK(seen->size == sizeof *seen);
    printf("result %s\n", seen->json);
    TEXT(seen, family);
    TEXT(seen, product);
    TEXT(seen, browser_name);
    TEXT(seen, browser_version);
    TEXTS(seen, profiles);
    NUMBER(seen, files);
    NUMBER(seen, bytes);
    TEXTS(seen, unknown);
    TEXT(seen, lock);
    if (seen->lock_process == -1)
        got_text("lock_process", NULL);
    else
        got_number("lock_process", (uint64_t)seen->lock_process);
    TEXT(seen, verdict);
    TEXT(seen, advice);
    TEXTS(seen, warnings);
    for (at = 0; at < seen->sizes_count; at++) {
        const dropoff_category_size *size = seen->sizes[at];
        CHECK(size->size == sizeof *size);
        enter_item("sizes", at);
        TEXT(size, category);
        NUMBER(size, files);
        NUMBER(size, bytes);
        BOOL(size, packed);
    }
    for (at = 0; at < seen->largest_count; at++) {
        const dropoff_file_size *file = seen->largest[at];
        CHECK(file->size == sizeof *file);
        enter_item("largest", at);
        TEXT(file, path);
        NUMBER(file, bytes);
    }
    for (at = 0; at < seen->left_out_count; at++) {
        const dropoff_left_out *left_out = seen->left_out[at];
        CHECK(left_out->size == sizeof *left_out);
        enter_item("left_out", at);
        TEXT(left_out, path);
        TEXT(left_out, category);
        TEXT(left_out, reason);
        NUMBER(left_out, files);
        NUMBER(left_out, bytes);
    }
    enter("cookies");
    CHECK(seen->cookies->size == sizeof *seen->cookies);
    TEXT(seen->cookies, system);
    TEXTS(seen->cookies, key_versions);
    leave();
}

static void got_files(const dropoff_sent_file *const *files, size_t count) {
    size_t at;
    for (at = 0; at < count; at++) {
        const dropoff_sent_file *file = files[at];
        enter_item("files", at);
        TEXT(file, file_id);
        TEXT(file, name);
        NUMBER(file, bytes);
        TEXT(file, etag);
        TEXT(file, md5);
        TEXT(file, sha256);
        BOOL(file, verified);
        NUMBER(file, attempts);
        NUMBER(file, parts);
        TEXT(file, verified_by);
        TEXT(file, crc64nvme);
    }
    leave();
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
        printf("log %s ", levels[logs.lines[at].level]);
        put_value(logs.lines[at].message);
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

static dropoff_job *job;

/* Cancels the job that was started when told to, and gives it a minute to end. */
static dropoff_status cancelled(dropoff_status started) {
    bool over = false;
    char *text = NULL;
    size_t room = 0;
    dropoff_status status;
    if (started != DROPOFF_OK)
        return started;
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

/* Makes the call, in the form that can be cancelled if it is to be. */
#define MAKE(client, call, request, result)                                                             \
    (arg("cancel") == NULL ? dropoff_##client##_##call(client, request, result, &error)                 \
                           : cancelled(dropoff_##client##_start_##call(client, request, &job, &error)))

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

/* What main frees. */
static dropoff_source *sources[LINES];
static size_t sources_count;
static dropoff_key_pair *key_pair;
static dropoff_hcompany *hcompany;
static dropoff_agentdrop *agentdrop;
static dropoff_storage *storage;

/* Of `source KIND PATH …`. */
static dropoff_source *make_source(const struct line *line) {
    dropoff_source *source = NULL;
    const char *path = line->values[1];
    CHECK(sources_count < LINES);
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
    return sources[sources_count++] = source;
}

static struct line *source_line(void) {
    struct line *line = next_line("source", NULL);
    CHECK(line != NULL);
    return line;
}

/* A request takes a path as it is, and every other source as a handle. */
#define SET_SOURCE(request, line)                                                                       \
    (strcmp((line)->values[0], "path") == 0 ? (void)((request).path = (line)->values[1])                \
                                            : (void)((request).source = make_source(line)))

/* Of `option FIELD VALUE`. */
static dropoff_options make_options(void) {
    enum kind { A_NUMBER, A_CHOICE, A_TEXT };
#define FIELD(kind, name) {#name, kind, offsetof(dropoff_options, name)}
    static const struct {
        const char *name;
        enum kind kind;
        size_t offset;
    } fields[] = {
        FIELD(A_NUMBER, connect_timeout_ms), FIELD(A_NUMBER, stall_timeout_ms),
        FIELD(A_NUMBER, response_timeout_ms), FIELD(A_NUMBER, max_attempts),
        FIELD(A_NUMBER, backoff_base_ms), FIELD(A_NUMBER, backoff_cap_ms),
        FIELD(A_NUMBER, max_retry_after_ms), FIELD(A_NUMBER, concurrency),
        FIELD(A_NUMBER, bandwidth_limit), FIELD(A_NUMBER, memory_budget),
        FIELD(A_NUMBER, part_size), FIELD(A_NUMBER, multipart_threshold),
        FIELD(A_CHOICE, integrity_check), FIELD(A_TEXT, spool_dir),
        FIELD(A_TEXT, ca_file), FIELD(A_TEXT, proxy),
        FIELD(A_TEXT, user_agent),
    };
#undef FIELD
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    struct line *line = NULL;
    options.trusted_storage_count = texts("option", "trusted_storage", &options.trusted_storage);
    while ((line = next_line("option", line)) != NULL) {
        size_t at = 0;
        void *field;
        if (strcmp(line->values[0], "trusted_storage") == 0)
            continue;
        for (; strcmp(fields[at].name, line->values[0]) != 0; at++)
            CHECK(at + 1 < sizeof fields / sizeof fields[0]);
        field = (char *)&options + fields[at].offset;
        if (fields[at].kind == A_NUMBER)
            *(uint64_t *)field = number(line->values[1]);
        else if (fields[at].kind == A_CHOICE)
            *(int *)field = choice(line->values[1]);
        else
            *(const char **)field = line->values[1];
    }
    return options;
}

static dropoff_status make_hcompany(void) {
    dropoff_hcompany_settings settings = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_options options = make_options();
    settings.api_key = arg("api_key");
    settings.base_url = arg("api_url");
    settings.options = &options;
    return dropoff_hcompany_new(&settings, &hcompany, &error);
}

static dropoff_status make_agentdrop(void) {
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_options options = make_options();
    settings.api_key = arg("api_key");
    settings.base_url = arg("api_url");
    settings.options = &options;
    return dropoff_agentdrop_new(&settings, &agentdrop, &error);
}

static dropoff_status make_storage(void) {
    dropoff_options options = make_options();
    return dropoff_storage_new(&options, &storage, &error);
}

/* Of `pack WHAT VALUE`; NULL if there are none. */
static const dropoff_pack *make_pack(void) {
    static const char *const levels[] = {"default", "minimal", "full"};
    static const char *const if_running[] = {"error", "snapshot", "force"};
    static dropoff_pack pack = DROPOFF_PACK_INIT;
    if (next_line("pack", NULL) == NULL)
        return NULL;
    pack.level = named(value_of("pack", "level"), levels);
    pack.profile = value_of("pack", "profile");
    pack.include_count = texts("pack", "include", &pack.include);
    pack.exclude_count = texts("pack", "exclude", &pack.exclude);
    pack.if_running = named(value_of("pack", "if_running"), if_running);
    pack.prefix = value_of("pack", "prefix");
    return &pack;
}

/* The calls. Each returns 0, or something else if it failed, and then there is an error. */

static int inspect_profile(void) {
    dropoff_profile_inspection *seen = NULL;
    if (dropoff_inspect_profile(source_line()->values[1], make_pack(), &seen, &error))
        return 1;
    got_inspection(seen);
    dropoff_profile_inspection_free(seen);
    return 0;
}

/* What a profile_upload and profile_details share. */
#define DESCRIBE(profile)                                                                               \
    do {                                                                                                \
        (profile).name = arg_or("name", "scenario");                                                    \
        if (arg("no_browser") == NULL) {                                                                \
            (profile).browser_name = arg_or("browser_name", "chromium");                                \
            (profile).browser_version = arg_or("browser_version", "131");                               \
        }                                                                                               \
        (profile).description = arg("description");                                                     \
        (profile).labels_count = pairs("label", &(profile).labels);                                     \
    } while (0)

static int upload_profile(void) {
    dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    dropoff_profile *profile = NULL;
    SET_SOURCE(upload, source_line());
    DESCRIBE(upload);
    upload.pack = make_pack();
    upload.if_changed_from = arg("if_changed_from");
    upload.timeout_ms = number(arg("timeout"));
    if (make_hcompany() || MAKE(hcompany, upload_profile, &upload, &profile))
        return 1;
    got_profile(profile);
    dropoff_profile_free(profile);
    return 0;
}

static int profile_steps(void) {
    dropoff_profile_details details = DROPOFF_PROFILE_DETAILS_INIT;
    dropoff_profile_ticket *ticket = NULL;
    dropoff_stored_object *stored = NULL;
    dropoff_profile *profile = NULL, *seen = NULL;
    dropoff_source *source = make_source(source_line());
    const char *id;
    int failed = make_hcompany() || dropoff_hcompany_initiate_upload(hcompany, &ticket, &error)
                 || dropoff_hcompany_upload(hcompany, ticket, source, make_pack(), &stored, &error);
    DESCRIBE(details);
    details.uploaded = stored;
    id = dropoff_profile_ticket_profile_id(ticket);
    failed = failed || dropoff_hcompany_complete_upload(hcompany, id, &details, &profile, &error)
             || dropoff_hcompany_get_profile(hcompany, id, &seen, &error);
    if (!failed) {
        CHECK(strcmp(seen->checksum, profile->checksum) == 0);
        CHECK(!seen->verified && seen->upload == NULL);
        CHECK(dropoff_profile_ticket_expires_in_ms(ticket) > 0);
        got_profile(profile);
    }
    dropoff_profile_free(seen);
    dropoff_profile_free(profile);
    dropoff_stored_object_free(stored);
    dropoff_profile_ticket_free(ticket);
    return failed;
}

/* Of all `source …`. Paths may be sent again; the other sources are new ones each time. */
static size_t make_files(const dropoff_file **files) {
    static dropoff_file all[2 * LINES];
    static size_t used;
    size_t from = used;
    struct line *line = NULL;
    while ((line = next_line("source", line)) != NULL) {
        dropoff_file file = DROPOFF_FILE_INIT;
        SET_SOURCE(file, line);
        file.name = line->values[2];
        file.content_type = line->values[3];
        file.encryption_iv = line->values[4];
        all[used++] = file;
    }
    *files = all + from;
    return used - from;
}

/* Fails if it is to be sealed with a key that is none: that is a result of the call, like any other. */
static dropoff_status make_transfer(dropoff_transfer *transfer) {
    static dropoff_encryption encryption = DROPOFF_ENCRYPTION_INIT;
    transfer->sender = arg_or("sender", "sender-agent");
    transfer->recipient = arg_or("recipient", "recipient-agent");
    transfer->files_count = make_files(&transfer->files);
    transfer->mode = arg("mode");
    transfer->expires_in = arg("expires_in");
    transfer->max_downloads = number(arg("max_downloads"));
    transfer->message = arg("message");
    transfer->metadata_json = arg("metadata");
    transfer->auto_delete = choice(arg("auto_delete")) == DROPOFF_YES;
    transfer->recipient_account = arg("recipient_account");
    transfer->multipart = choice(arg("multipart"));
    transfer->journal = arg("journal");
    transfer->timeout_ms = number(arg("timeout"));
    if (arg("encrypt") == NULL)
        return DROPOFF_OK;
    transfer->encrypt = &encryption;
    encryption.recipient_public_key = arg("encrypt.recipient_public_key");
    encryption.algorithm = arg("encrypt.algorithm");
    encryption.encrypted_key = arg("encrypt.presealed");
    if (encryption.encrypted_key == NULL
        && dropoff_key_pair_from_private_key(arg_or("encrypt.private_key", ""), &key_pair, &error))
        return dropoff_error_kind(error);
    encryption.key_pair = key_pair;
    return DROPOFF_OK;
}

static int send_transfer(void) {
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_sent_transfer *sent = NULL;
    if (make_agentdrop() || make_transfer(&transfer) || MAKE(agentdrop, send, &transfer, &sent))
        return 1;
    CHECK(sent->size == sizeof *sent);
    printf("result %s\n", sent->json);
    TEXT(sent, id);
    TEXT(sent, status);
    BOOL(sent, encrypted);
    TEXT(sent, expires_at);
    TEXT(sent, recipient_key_fingerprint);
    TEXT(sent, recipient_key_source);
    got_files(sent->files, sent->files_count);
    dropoff_sent_transfer_free(sent);
    return 0;
}

static int transfer_steps(void) {
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_transfer_ticket *ticket = NULL;
    const dropoff_file *files;
    size_t files_count = make_files(&files);
    dropoff_sent_files *sent = NULL;
    dropoff_confirmed *confirmed = NULL;
    dropoff_transfer_info *info = NULL;
    int failed = make_agentdrop() || make_transfer(&transfer)
                 || dropoff_agentdrop_presign(agentdrop, &transfer, &ticket, &error)
                 || dropoff_agentdrop_upload(agentdrop, ticket, files, files_count, &sent, &error)
                 || dropoff_agentdrop_confirm(agentdrop, dropoff_transfer_ticket_id(ticket), &confirmed,
                                              &error)
                 || dropoff_agentdrop_get_transfer(agentdrop, confirmed->id, &info, &error);
    if (!failed) {
        CHECK(sent->size == sizeof *sent && confirmed->size == sizeof *confirmed);
        CHECK(info->size == sizeof *info);
        CHECK(strcmp(info->status, confirmed->status) == 0);
        CHECK(strcmp(info->id, dropoff_transfer_ticket_id(ticket)) == 0);
        CHECK(strstr(info->json, info->id) != NULL && strstr(info->fields_json, info->id) != NULL);
        CHECK(strstr(confirmed->json, confirmed->id) != NULL);
        CHECK(dropoff_transfer_ticket_expires_at(ticket) != NULL);
        printf("result {\"id\": \"%s\", \"status\": \"%s\", \"files\": %s}\n", confirmed->id,
               confirmed->status, sent->json);
        TEXT(confirmed, id);
        TEXT(confirmed, status);
        got_files(sent->files, sent->files_count);
    }
    dropoff_transfer_info_free(info);
    dropoff_confirmed_free(confirmed);
    dropoff_sent_files_free(sent);
    dropoff_transfer_ticket_free(ticket);
    return failed;
}

static int plan_transfer(void) {
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_transfer_plan *plan = NULL;
    size_t at;
    if (make_agentdrop() || make_transfer(&transfer)
        || dropoff_agentdrop_plan(agentdrop, &transfer, &plan, &error))
        return 1;
    CHECK(plan->size == sizeof *plan);
    printf("result %s\n", plan->json);
    BOOL(plan, multipart);
    BOOL(plan, encrypted);
    NUMBER(plan, total_bytes);
    TEXT(plan, request_json);
    for (at = 0; at < plan->files_count; at++) {
        const dropoff_planned_file *file = plan->files[at];
        enter_item("files", at);
        TEXT(file, name);
        NUMBER(file, bytes);
        TEXT(file, content_type);
        NUMBER(file, parts);
        NUMBER_OR_NONE(file, part_size);
    }
    leave();
    dropoff_transfer_plan_free(plan);
    return 0;
}

/* The two that give a target away, for the raw calls. */

static int presign(void) {
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_transfer_ticket *ticket = NULL;
    if (make_agentdrop() || make_transfer(&transfer)
        || dropoff_agentdrop_presign(agentdrop, &transfer, &ticket, &error))
        return 1;
    printf("result %s\n", dropoff_transfer_ticket_reveal_json(ticket));
    dropoff_transfer_ticket_free(ticket);
    return 0;
}

static int initiate(void) {
    dropoff_profile_ticket *ticket = NULL;
    if (make_hcompany() || dropoff_hcompany_initiate_upload(hcompany, &ticket, &error))
        return 1;
    printf("result %s\n", dropoff_profile_ticket_reveal_json(ticket));
    dropoff_profile_ticket_free(ticket);
    return 0;
}

static int show_stored(dropoff_stored_object *stored) {
    printf("result %s\n", stored->json);
    got_stored(stored);
    dropoff_stored_object_free(stored);
    return 0;
}

static dropoff_put_request put_request(void) {
    dropoff_put_request request = DROPOFF_PUT_REQUEST_INIT;
    request.url = arg("url");
    SET_SOURCE(request, source_line());
    request.headers_count = pairs("header", &request.headers);
    request.journal = arg("journal");
    request.timeout_ms = number(arg("timeout"));
    return request;
}

static int put(void) {
    dropoff_put_request request = put_request();
    dropoff_stored_object *stored = NULL;
    if (make_storage() || MAKE(storage, put, &request, &stored))
        return 1;
    return show_stored(stored);
}

static int post(void) {
    dropoff_put_request request = put_request();
    dropoff_stored_object *stored = NULL;
    if (make_storage() || MAKE(storage, post, &request, &stored))
        return 1;
    return show_stored(stored);
}

static int post_form(void) {
    dropoff_post_form_request request = DROPOFF_POST_FORM_REQUEST_INIT;
    dropoff_stored_object *stored = NULL;
    request.url = arg("url");
    request.fields_count = pairs("field", &request.fields);
    request.file_field = arg("file_field");
    SET_SOURCE(request, source_line());
    request.timeout_ms = number(arg("timeout"));
    if (make_storage() || MAKE(storage, post_form, &request, &stored))
        return 1;
    return show_stored(stored);
}

static int put_parts(void) {
    dropoff_put_parts_request request = DROPOFF_PUT_PARTS_REQUEST_INIT;
    dropoff_stored_parts *stored = NULL;
    request.urls_count = texts("url", NULL, &request.urls);
    SET_SOURCE(request, source_line());
    request.part_size = number(arg("part_size"));
    request.part_sizes_count = numbers("part_size", &request.part_sizes);
    request.headers_count = pairs("header", &request.headers);
    request.part_headers_count = headers_of_parts(&request.part_headers);
    request.timeout_ms = number(arg("timeout"));
    if (make_storage() || MAKE(storage, put_parts, &request, &stored))
        return 1;
    CHECK(stored->size == sizeof *stored);
    printf("result %s\n", stored->json);
    NUMBER(stored, bytes);
    NUMBER(stored, part_size);
    BOOL(stored, verified);
    TEXT(stored, verified_by);
    TEXT(stored, crc64nvme);
    TEXTS(stored, warnings);
    got_parts(stored->parts, stored->parts_count);
    dropoff_stored_parts_free(stored);
    return 0;
}

static int send_plan(void) {
    dropoff_send_request request = DROPOFF_SEND_REQUEST_INIT;
    dropoff_stored_object *stored = NULL;
    request.plan = arg("plan");
    SET_SOURCE(request, source_line());
    request.allow_authorization = choice(arg("allow_authorization")) == DROPOFF_YES;
    request.timeout_ms = number(arg("timeout"));
    if (make_storage() || MAKE(storage, send, &request, &stored))
        return 1;
    return show_stored(stored);
}

static int open_sealed(void) {
    dropoff_sealed_file sealed = DROPOFF_SEALED_FILE_INIT;
    dropoff_opened_file *file = NULL;
    sealed.path = source_line()->values[1];
    sealed.sender_public_key = arg("sender_public_key");
    sealed.encrypted_key = arg("encrypted_key");
    sealed.encryption_salt = arg("encryption_salt");
    sealed.encryption_iv = arg("encryption_iv");
    if (dropoff_key_pair_from_private_key(arg_or("private_key", ""), &key_pair, &error)
        || dropoff_open_sealed(&sealed, arg("to"), key_pair, &file, &error))
        return 1;
    CHECK(file->size == sizeof *file);
    printf("result %s\n", file->json);
    TEXT(file, path);
    NUMBER(file, bytes);
    dropoff_opened_file_free(file);
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
        {"storage.post", post},
        {"storage.post_form", post_form},
        {"storage.put_parts", put_parts},
        {"storage.send", send_plan},
        {"open_sealed", open_sealed},
        {"inspect_profile", inspect_profile},
    };
    size_t at;
    read_lines();
    MUST(dropoff_log_set(DROPOFF_LOG_DEBUG, keep_line, &logs, count_finalized, &error));
    for (at = 0; strcmp(calls[at].name, arg("call")) != 0; at++)
        CHECK(at + 1 < sizeof calls / sizeof calls[0]);
    if (calls[at].make())
        got_error();
    show_logs();
    while (sources_count > 0)
        dropoff_source_free(sources[--sources_count]);
    dropoff_key_pair_free(key_pair);
    dropoff_hcompany_free(hcompany);
    dropoff_agentdrop_free(agentdrop);
    dropoff_storage_free(storage);
    free_lines();
    UNTIL(dropoff_live_handles() == 0);
    end_at_once();
    return 0;
}
