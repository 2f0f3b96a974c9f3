/* Loaded before the C library (LD_PRELOAD): from the moment that the file named by REFUSE_THREADS is there,
 * as many threads can be alive besides as it says, and the next is refused as by a limit of processes. Such a
 * limit does not bind root, and a thread that has just ended may still count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef void *start(void *);
typedef int create(pthread_t *, const pthread_attr_t *, start *, void *);

struct order {
  start *work;
  void *given;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int room = -1;

/* Takes a place; -1 as long as there is no limit. */
static int taken(void) {
  pthread_mutex_lock(&lock);
  if (room < 0) {
    const char *name = getenv("REFUSE_THREADS");
    FILE *file = name ? fopen(name, "r") : NULL;
    if (file) {
      if (fscanf(file, "%d", &room) != 1) room = 0;
      fclose(file);
    }
  }
  int result = room < 0 ? -1 : room > 0;
  if (result > 0) room--;
  pthread_mutex_unlock(&lock);
  return result;
}

static void give_back(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  room++;
  pthread_mutex_unlock(&lock);
}

static void *obey(void *given) {
  struct order order = *(struct order *)given;
  free(given);
  void *result;
  pthread_cleanup_push(give_back, NULL);
  result = order.work(order.given);
  pthread_cleanup_pop(1);
  return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, start *work, void *given) {
  static create *real;
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
  int place = taken();
  if (place < 0) return real(thread, how, work, given);
  if (place == 0) return EAGAIN;
  struct order *order = malloc(sizeof *order);
  order->work = work;
  order->given = given;
  int failed = real(thread, how, obey, order);
  if (failed) {
    free(order);
    give_back(NULL);
  }
  return failed;
}
