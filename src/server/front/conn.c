#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "server/base/clock.h"
#include "conn.h"

#define READ_SIZE      65536
#define LINGER_MS      2000 /* to read what a client still sends after our failure */
#define DEADLINE_ROUND 500  /* ms between two looks at the deadlines */

void
conns_init(struct conns *all, struct watcher *watcher, size_t size, void (*received)(struct conn *),
    void (*expired)(struct conn *))
{
	*all = (struct conns){
	    .watcher = watcher, .size = size, .received = received, .expired = expired};
	TAILQ_INIT(&all->open);
	TAILQ_INIT(&all->closed);
}

void
conn_set_deadline(struct conn *c, int64_t ms)
{
	struct conns *all = c->all;

	if (c->deadline != 0)
		all->waiting--;
	c->deadline = ms == 0 ? 0 : clock_ms() + ms;
	if (c->deadline != 0)
		all->waiting++;
}

void
conn_close(struct conn *c)
{
	struct conns *all = c->all;

	if (c->state == CONN_CLOSED)
		return;
	if (c->state == CONN_LENT)
		all->lent--;
	else
		watch_end(all->watcher, &c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
	c->state = CONN_CLOSED;
	conn_set_deadline(c, 0);
	buf_free(&c->in);
	buf_free(&c->out);
	TAILQ_REMOVE(&all->open, c, entry);
	crowd_leave(&all->crowd, &c->client);
	TAILQ_INSERT_TAIL(&all->closed, c, entry);
}

void
conn_start_closing(struct conn *c)
{
	if (c->state == CONN_CLOSING || c->state == CONN_CLOSED)
		return;
	c->state = CONN_CLOSING;
	buf_free(&c->in);
	conn_set_deadline(c, LINGER_MS);
	if (c->out.len == 0)
		shutdown(c->watch.fd, SHUT_WR);
}

void
conn_flush(struct conn *c)
{
	uint32_t events;
	ssize_t n;

	if (c->out.failed) {
		log_warn("conn client=%s: out of memory for a reply", c->client_text);
		conn_close(c);
		return;
	}
	while (c->out.len > 0) {
		n = send(c->watch.fd, c->out.data, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno != EAGAIN) {
			conn_close(c);
			return;
		}
		if (n == -1)
			break;
		buf_consume(&c->out, (size_t)n);
	}
	if (c->out.len == 0 && c->state == CONN_CLOSING)
		shutdown(c->watch.fd, SHUT_WR);
	/* While a client does not read its replies, nothing is read from it. */
	events = c->out.len == 0	    ? EPOLLIN
		 : c->state == CONN_CLOSING ? EPOLLIN | EPOLLOUT
					    : EPOLLOUT;
	if (watch_change(c->all->watcher, &c->watch, events) == -1)
		conn_close(c);
}

void
conn_lend(struct conn *c, struct buf *in, struct buf *out)
{
	watch_end(c->all->watcher, &c->watch);
	c->state = CONN_LENT;
	c->all->lent++;
	conn_set_deadline(c, 0);
	*in = c->in;
	*out = c->out;
	c->in = c->out = (struct buf){0};
}

int
conn_take_back(struct conn *c, bool keep, struct buf *in, struct buf *out)
{
	if (!keep || out->failed || watch_begin(c->all->watcher, &c->watch, EPOLLIN) == -1) {
		conn_close(c);
		return (-1);
	}
	c->state = CONN_OPEN;
	c->all->lent--;
	c->in = *in;
	c->out = *out;
	*in = *out = (struct buf){0};
	return (0);
}

static void
receive(struct conn *c)
{
	static uint8_t bytes[READ_SIZE]; /* one thread reads, one connection at a time */
	ssize_t n;

	n = recv(c->watch.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		/* Even in the middle of a request this is not logged. */
		conn_close(c);
		return;
	}
	if (c->state == CONN_CLOSING)
		return;
	buf_append(&c->in, bytes, (size_t)n);
	if (c->in.failed) {
		log_warn("conn client=%s: out of memory for a request", c->client_text);
		conn_close(c);
		return;
	}
	c->all->received(c);
}

static void
ready(struct watch *w, uint32_t events)
{
	struct conn *c = (struct conn *)w;

	/* An earlier event of this round may have closed it. */
	if (c->state != CONN_CLOSED && (events & EPOLLOUT) != 0)
		conn_flush(c);
	if (c->state != CONN_CLOSED && (events & ~(uint32_t)EPOLLOUT) != 0)
		receive(c);
}

struct conn *
conn_open(struct conns *all, int fd, const struct sockaddr_storage *client)
{
	struct conn *c;
	int saved;

	do
		c = calloc(1, all->size);
	while (c == NULL && reserve_give_memory(all->reserve));
	if (c == NULL || crowd_enter(&all->crowd, client) == -1)
		goto fail;
	c->watch = (struct watch){.ready = ready, .fd = fd};
	c->all = all;
	c->client = *client;
	addr_format(client, c->client_text, sizeof(c->client_text));
	if (watch_begin(all->watcher, &c->watch, EPOLLIN) == 0) {
		c->spare = reserve_lack(all->reserve) != NULL;
		TAILQ_INSERT_TAIL(&all->open, c, entry);
		return (c);
	}
	crowd_leave(&all->crowd, client);
fail:
	saved = errno;
	close(fd);
	free(c);
	errno = saved;
	return (NULL);
}

int64_t
conns_check_deadlines(struct conns *all)
{
	struct conn *c, *next;
	int64_t now;

	if (all->waiting == 0)
		return (0);
	now = clock_ms();
	TAILQ_FOREACH_SAFE (c, &all->open, entry, next) {
		if (c->deadline == 0 || c->deadline > now)
			continue;
		if (c->state == CONN_CLOSING) {
			conn_close(c);
		} else {
			all->expired(c);
			conn_flush(c);
		}
	}
	return (now + DEADLINE_ROUND);
}

void
conns_close_all(struct conns *all)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&all->open)) != NULL)
		conn_close(c);
	conns_collect(all);
}

void
conns_collect(struct conns *all)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&all->closed)) != NULL) {
		TAILQ_REMOVE(&all->closed, c, entry);
		free(c);
	}
}
