/* Sends with room for few threads, as refuse_threads.c has it, and tells what came of each. */
#include "check.h"

static dropoff_error *error = NULL;

static dropoff_sent_transfer *sent = NULL;

/* Whether it was sent, or how it was refused. */
static void tell(const char *what, dropoff_status status) {
    if (status != DROPOFF_OK) {
        CHECK(dropoff_error_side(error) == DROPOFF_SIDE_CALLER && !dropoff_error_retryable(error));
        CHECK(dropoff_error_kind(error) == DROPOFF_UNAVAILABLE);
    }
    printf("%s: %s\n", what, status == DROPOFF_OK ? "sent" : dropoff_error_message(error));
    dropoff_error_free(error);
    error = NULL;
    dropoff_sent_transfer_free(sent);
    sent = NULL;
}

static int read_three(void *left, uint8_t *buffer, size_t capacity, size_t *read_out) {
    int *count = left;
    CHECK(capacity > 0);
    *read_out = *count > 0 ? 1 : 0;
    buffer[0] = 'x';
    --*count;
    return 0;
}

static void send_source(const dropoff_agentdrop *client, const char *what, dropoff_source *source) {
    dropoff_transfer *transfer = transfer_from(what, source);
    tell(what, dropoff_agentdrop_send(client, transfer, &sent, &error));
    transfer_free(transfer);
}

static void over(const dropoff_job *job, void *given) {
    CHECK(dropoff_job_is_done(job));
    *(volatile int *)given = 1;
}

int main(int argc, char **argv) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_source *source = NULL;
    dropoff_job *job = NULL;
    dropoff_status started;
    int left = 3;
    volatile int told = 0;
    FILE *room;
    CHECK(argc == 4);
    room = fopen(argv[1], "w");
    CHECK(room != NULL);
    fputs(argv[2], room);
    fclose(room);
    send_source(client, "memory", copied("of memory", 9));
    MUST(dropoff_source_from_path(argv[3], &source, &error));
    send_source(client, "path", source);
    MUST(dropoff_source_from_reader(read_three, &left, NULL, &source, &error));
    send_source(client, "stream", source);
    started = dropoff_agentdrop_start_send(client, transfer, &job, &error);
    if (started == DROPOFF_OK) {
        MUST(dropoff_job_on_done(job, over, (void *)&told, NULL, &error));
        started = dropoff_job_wait(job, &error);
        UNTIL(told);
    }
    tell("job", started);
    dropoff_job_free(job);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    return 0;
}
