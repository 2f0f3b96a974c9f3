/* Returns from main, or calls exit(), while everything runs: transfers, a stream, progress. */
#include "check.h"

static int drip(void *user_data, uint8_t *buffer, size_t capacity, size_t *read_out) {
    (void)user_data, (void)capacity;
    sleep_ms(1);
    buffer[0] = 'x';
    *read_out = 1;
    return 0;
}

static int busy(const dropoff_progress *progress, void *user_data) {
    (void)progress, (void)user_data;
    sleep_ms(30);
    return 0;
}

int main(int argc, char **argv) {
    dropoff_error *error = NULL;
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = big_transfer();
    dropoff_source *stream = NULL;
    dropoff_job *job = NULL;
    transfer->on_progress = busy;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    dropoff_job_free(job);
    transfer_free(transfer);
    MUST(dropoff_source_from_reader(drip, NULL, NULL, &stream, &error));
    transfer = transfer_from("stream", stream);
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    sleep_ms(250);
    if (argc > 1 && strcmp(argv[1], "exit") == 0)
        exit(0);
    return 0;
}
