/* What one call costs the process it is made in; the same figures as those of probe.py. */
#ifndef PROBE_H
#define PROBE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct counts {
    int threads, fds;
};

struct probe {
    double user, system, began;
    long idle, anonymous, of_files;
};

static int entries(const char *folder) {
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

/* How many threads and open files this process has. Counting opens one file, each time. */
static struct counts count_all(void) {
    return (struct counts){entries("/proc/self/task"), entries("/proc/self/fd")};
}

/* A line of /proc/self/status, KiB. */
static long status_kib(const char *name) {
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && kib < 0 && fgets(line, sizeof line, status))
        if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
            kib = atol(line + strlen(name) + 1);
    if (status)
        fclose(status);
    return kib;
}

/* CLOCK_MONOTONIC, which the sink tells its times in. */
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

static struct probe begin(void) {
    struct probe probe = {0};
    struct rusage used;
    /* The kernel forgets its peak so far: starting may have needed more for a moment than is left idle. */
    FILE *forget = fopen("/proc/self/clear_refs", "w");
    if (!forget || fputs("5", forget) < 0 || fclose(forget)) {
        perror("/proc/self/clear_refs");
        exit(1);
    }
    probe.anonymous = status_kib("RssAnon");
    probe.of_files = status_kib("RssFile");
    probe.idle = status_kib("VmRSS");
    getrusage(RUSAGE_SELF, &used);
    probe.user = seconds(used.ru_utime);
    probe.system = seconds(used.ru_stime);
    probe.began = now();
    return probe;
}

/* Prints what was measured and the facts, which are JSON, as one line. */
static void end(const struct probe *probe, const char *facts) {
    struct rusage used;
    double wall = now() - probe->began;
    getrusage(RUSAGE_SELF, &used);
    long peak = status_kib("VmHWM");
    printf("{\"user\": %.6f, \"system\": %.6f, \"before\": %.6f, ", seconds(used.ru_utime) - probe->user,
           seconds(used.ru_stime) - probe->system, probe->user + probe->system);
    printf("\"wall\": %.6f, \"began_at\": %.6f, ", wall, probe->began);
    printf("\"idle_kib\": %ld, \"over_idle_kib\": %ld, \"peak_kib\": %ld, ", probe->idle, peak - probe->idle, peak);
    printf("\"left_over_idle_kib\": {\"RssAnon\": %ld, \"RssFile\": %ld}, ", status_kib("RssAnon") - probe->anonymous,
           status_kib("RssFile") - probe->of_files);
    printf("\"facts\": %s}\n", facts);
}

#endif
