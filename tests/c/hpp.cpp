// dropoff.hpp: results and handles that free themselves, errors with their facts, callables across the C
// boundary. Its argument is the test; where the services are stands in the environment.
#include <dropoff.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <poll.h>

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);               \
            std::exit(1);                                                                      \
        }                                                                                      \
    } while (0)

using namespace std::string_literals;

static const char *set(const char *name) {
    const char *value = std::getenv(name);
    CHECK(value != nullptr);
    return value;
}

static dropoff_options options() {
    static const char *const trusted[] = {set("STORAGE_URL")};
    auto options = dropoff::begin<dropoff_options>();
    options.trusted_storage = trusted;
    options.trusted_storage_count = 1;
    return options;
}

static dropoff::agentdrop agentdrop() {
    const auto shared = options();
    auto settings = dropoff::begin<dropoff_agentdrop_settings>();
    settings.api_key = set("AGENTDROP_KEY");
    settings.base_url = set("API_URL");
    settings.options = &shared;
    return dropoff::agentdrop(settings);
}

/** Files from a stream, from memory that is copied, and from memory that is moved in. */
struct files {
    dropoff::source streamed, copied, moved;
    dropoff_file all[3];

    files()
        : streamed(dropoff::source::reader([left = 3](std::uint8_t *to, std::size_t) mutable -> std::size_t {
              if (left == 0)
                  return 0;
              std::memcpy(to, "abc", 3);
              left--;
              return 3;
          })),
          copied(dropoff::source::memory("hello"s)),
          moved(dropoff::source::owned_memory(std::vector<std::uint8_t>(1000, 7))) {
        const char *const names[] = {"streamed", "copied", "moved"};
        dropoff_source *const sources[] = {streamed.get(), copied.get(), moved.get()};
        for (std::size_t at = 0; at < 3; at++) {
            all[at] = dropoff::begin<dropoff_file>();
            all[at].name = names[at];
            all[at].source = sources[at];
        }
    }
};

static dropoff_transfer transfer_of(const files &files) {
    auto transfer = dropoff::begin<dropoff_transfer>();
    transfer.sender = "sender-agent";
    transfer.recipient = "recipient-agent";
    transfer.files = files.all;
    transfer.files_count = 3;
    return transfer;
}

static void sends() {
    const auto client = agentdrop();
    files files;
    dropoff::texts texts;
    auto transfer = transfer_of(files);
    transfer.message = texts.keep(std::string_view("hello, you").substr(0, 5));
    std::atomic<int> told{0};
    auto sent = client.send(transfer, [&](const dropoff_progress &now) {
        told++;
        return now.size >= sizeof now || now.phase == DROPOFF_PHASE_DONE;
    });
    CHECK(sent->status == "active"s && sent->files_count == 3 && told > 0);
    CHECK(sent->files[0]->bytes == 9 && sent->files[1]->bytes == 5 && sent->files[2]->bytes == 1000);
    CHECK(client.get_transfer(sent->id)->status == "active"s);
    const auto moved = std::move(sent);
    CHECK(sent == nullptr && std::strstr(moved->json, moved->id) != nullptr);
}

static void fails() {
    const auto client = agentdrop();
    try {
        client.get_transfer("00000000-0000-4000-8000-000000000000");
        CHECK(!"it is not there");
    } catch (const dropoff::error &error) {
        const dropoff::error copy = error;
        CHECK(copy.status() == DROPOFF_NOT_FOUND && copy.kind() == "not_found" && copy.http_status() == 404);
        CHECK(copy.side() == DROPOFF_SIDE_SERVICE && copy.outcome() == DROPOFF_OUTCOME_NOT_COMPLETED);
        CHECK(copy.what() == std::string(dropoff_error_message(copy.get())) && !copy.retryable());
        CHECK(!copy.path() && !copy.journal() && !copy.retry_after() && copy.operation() == "get_transfer");
        CHECK(copy.json().find("not_found") != std::string::npos);
    }
    try {
        // Its callable is not kept by anybody.
        client.send(dropoff_transfer{}, [](const dropoff_progress &) { return true; });
        CHECK(!"it has no size");
    } catch (const dropoff::error &error) {
        CHECK(error.status() == DROPOFF_INVALID_INPUT && std::strstr(error.what(), "transfer.size is 0") != nullptr);
    }
    try {
        auto wrong = options();
        wrong.max_attempts = 1000;
        dropoff::storage storage(wrong);
        CHECK(!"out of range");
    } catch (const dropoff::error &error) {
        CHECK(error.status() == DROPOFF_INVALID_INPUT && error.what() == "option max_attempts must be 1 to 100"s);
    }
}

/** Calls that take no request are told of as well, and give back what was not sent. */
static void watches_single_steps() {
    const auto client = agentdrop();
    files files;
    const auto transfer = transfer_of(files);
    int reads = 0, rewinds = 0;
    auto again = [&] {
        auto read = [&](std::uint8_t *to, std::size_t) -> std::size_t {
            if (reads++ > 0)
                return 0;
            std::memcpy(to, "abcabcabc", 9);
            return 9;
        };
        return dropoff::source::rewindable_reader(read, [&] { reads = 0, rewinds++; });
    };
    auto first = again();
    files.all[0].source = first.get();
    const auto ticket = client.presign(transfer);
    // A presign empties streams alone.
    auto never = dropoff::begin<dropoff_file>();
    dropoff_file wrong[] = {files.all[1], never, never};
    try {
        client.upload(*ticket, wrong, 3);
        CHECK(!"the second file has no source");
    } catch (const dropoff::error &error) {
        CHECK(std::strstr(error.what(), "files[1] has neither a path nor a source") != nullptr);
    }
    reads = 0;
    auto second = again();
    files.all[0].source = second.get();
    std::atomic<int> told{0};
    const auto sent = client.upload(*ticket, files.all, 3, [&](const dropoff_progress &) { return ++told > 0; });
    CHECK(sent->files_count == 3 && sent->files[0]->bytes == 9 && told > 0 && rewinds == 0);
    // A call that fails sets it back.
    reads = 0;
    auto third = again();
    auto put = dropoff::begin<dropoff_put_request>();
    put.url = "https://127.0.0.1:9/x?X-Amz-Signature=1";
    put.source = third.get();
    auto shared = options();
    shared.max_attempts = 1;
    const char *const trusted[] = {"https://127.0.0.1:9"};
    shared.trusted_storage = trusted;
    try {
        dropoff::storage(shared).put(put);
        CHECK(!"nobody is there");
    } catch (const dropoff::error &error) {
        CHECK(error.retryable() && rewinds == 1);
    }
    // A POST and a plan as well.
    const dropoff::storage storage(shared);
    auto fourth = again();
    put.source = fourth.get();
    try {
        storage.post(put);
        CHECK(!"nobody is there");
    } catch (const dropoff::error &error) {
        CHECK(error.operation() == "post" && rewinds == 2);
    }
    auto fifth = again();
    auto send = dropoff::begin<dropoff_send_request>();
    send.plan = put.url;
    send.source = fifth.get();
    try {
        storage.send(send);
        CHECK(!"nobody is there");
    } catch (const dropoff::error &error) {
        CHECK(error.retryable() && rewinds == 3);
    }
}

static void logs() {
    std::atomic<int> lines{0};
    dropoff::set_log(DROPOFF_LOG_DEBUG, [&](dropoff_log_level, const char *line) {
        lines++;
        throw std::runtime_error(line);
    });
    try {
        agentdrop().get_transfer("00000000-0000-4000-8000-000000000000");
        CHECK(!"it is not there");
    } catch (const dropoff::error &) {
    }
    // What waits is told before this returns.
    dropoff::set_log(DROPOFF_LOG_NONE);
    CHECK(lines > 0);
}

static void misuse_is_an_exception() {
    const auto client = agentdrop();
    auto transfer = dropoff::begin<dropoff_transfer>();
    transfer.on_progress = [](const dropoff_progress *, void *) { return 0; };
    try {
        client.send(transfer, [](const dropoff_progress &) { return true; });
        CHECK(!"there are two callbacks");
    } catch (const std::invalid_argument &) {
    }
    try {
        dropoff::texts().keep(std::string_view("a\0b", 3));
        CHECK(!"it would be cut");
    } catch (const std::invalid_argument &) {
    }
    auto pair = dropoff::key_pair::generate();
    const auto moved = std::move(pair);
    try {
        pair.public_key();
        CHECK(!"it holds none");
    } catch (const std::logic_error &) {
    }
}

/** A callback that waits for the loop, which waits for the descriptor: neither may wait for the other. */
static void polls_beside_a_callback() {
    const auto client = agentdrop();
    files files;
    const auto job = client.start_send(transfer_of(files));
    // Alive until the callback has ended.
    static std::atomic<bool> seen{false};
    auto wait = [](const dropoff_job *, void *) {
        while (!seen)
            poll(nullptr, 0, 5);
    };
    CHECK(dropoff_job_on_done(job.get(), wait, nullptr, nullptr, nullptr) == DROPOFF_OK);
    pollfd entry{job.fd(), POLLIN, 0};
    CHECK(poll(&entry, 1, 60000) == 1);
    seen = true;
    job.wait();
}

static void throws_from_a_callback() {
    const auto client = agentdrop();
    files files;
    try {
        // Storage does not answer before it is cancelled.
        client.send(transfer_of(files), [](const dropoff_progress &) -> bool { throw std::logic_error("mine"); });
        CHECK(!"it was cancelled");
    } catch (const std::logic_error &error) {
        CHECK(error.what() == "mine"s);
    }
}

static void polls() {
    const auto client = agentdrop();
    files files;
    const auto job = client.start_send(transfer_of(files));
    pollfd entry{job.fd(), POLLIN, 0};
    CHECK(poll(&entry, 1, 60000) == 1 && (entry.revents & POLLIN) != 0);
    CHECK(job.wait_for(std::chrono::minutes(1)) && job.done() && job.progress().phase == DROPOFF_PHASE_DONE);
    CHECK(job.wait()->id == std::string(job.wait()->id));
}

static void seals_and_opens() {
    const auto pair = dropoff::key_pair::generate();
    const auto again = dropoff::key_pair::from_private_key(pair.reveal_private_key());
    CHECK(again.public_key() == pair.public_key());
    auto sealed = dropoff::begin<dropoff_sealed_file>();
    sealed.path = "/nowhere/sealed";
    sealed.encrypted_key = "AAAA";
    sealed.encryption_iv = "AAAA";
    try {
        dropoff::open_sealed(sealed, "/nowhere/opened", pair);
        CHECK(!"it is none");
    } catch (const dropoff::error &error) {
        CHECK(error.status() != DROPOFF_INTERNAL);
    }
}

int main(int, char **arguments) {
    const std::map<std::string, void (*)()> tests = {
        {"sends", sends},
        {"fails", fails},
        {"watches_single_steps", watches_single_steps},
        {"logs", logs},
        {"misuse_is_an_exception", misuse_is_an_exception},
        {"throws_from_a_callback", throws_from_a_callback},
        {"polls", polls},
        {"polls_beside_a_callback", polls_beside_a_callback},
        {"seals_and_opens", seals_and_opens},
    };
    tests.at(arguments[1])();
    // Bytes on their last way out may be held for a moment.
    for (int tries = 0; tries < 6000 && dropoff_live_handles() > 0; tries++)
        poll(nullptr, 0, 10);
    CHECK(dropoff_live_handles() == 0);
}
