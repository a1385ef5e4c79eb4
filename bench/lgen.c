// lgen: closed- or open-loop HTTP/1.1 load generator with SSE awareness. Single thread, epoll.
// Prints one JSON line. usage: lgen PORT PATH BODYFILE [-c conns] [-d secs] [-w warmup] [-r rate]
// [-s] [-k chunks] [-H 'Header: v']... [-a ip]
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
static int64_t nowns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}
typedef struct {
  int fd, state, status, chunked, conclose, eofbody;
  long clen, got, cleft;
  int cst;
  char *hb;
  size_t hl;
  char *body;
  size_t bl, bcap, scan;
  int ntok, bad, done;
  int64_t t0, tf;
  size_t woff;
  int idle;
  int64_t lasttok;
} C;
static char *req;
static size_t reql;
static int stream, expect = -1, verbose;
static struct sockaddr_in sa;
static int ep;
typedef struct {
  double *v;
  size_t n, c;
} V;
static void pv(V *a, double x) {
  if (a->n == a->c) {
    a->c = a->c * 2 + 4096;
    a->v = realloc(a->v, a->c * 8);
  }
  a->v[a->n++] = x;
}
static int cmp(const void *a, const void *b) {
  double x = *(double *)a, y = *(double *)b;
  return x < y ? -1 : x > y;
}
static double pc(V *a, double p) {
  if (!a->n) {
    return -1;
  }
  size_t i = p * (a->n - 1) + 0.5;
  return a->v[i];
}
static V lat, ttft, chk;
static unsigned long long nok, nerr, nbad, ninc, nrec, ntoks, bytes, n2xx;
static int64_t tmeas, tend;
static char errs[512];
static void con(C *c) {
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, 4);
  connect(c->fd, (void *)&sa, sizeof sa);
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
  c->state = -1;
}
static void begin(C *c, int64_t t0) {
  c->state = 0;
  c->status = 0;
  c->chunked = 0;
  c->conclose = 0;
  c->eofbody = 0;
  c->clen = -1;
  c->got = 0;
  c->cleft = 0;
  c->cst = 0;
  c->hl = 0;
  c->bl = 0;
  c->scan = 0;
  c->ntok = 0;
  c->bad = 0;
  c->done = 0;
  c->tf = 0;
  c->t0 = t0;
  c->idle = 0;
  c->woff = 0;
  ssize_t n = send(c->fd, req, reql, MSG_NOSIGNAL);
  if (n < 0) {
    n = 0;
  }
  c->woff = n;
  if (c->woff < reql) {
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
  }
}
static void bodydata(C *c, const char *d, size_t n, int64_t t) {
  if (c->bl + n > c->bcap) {
    c->bcap = (c->bl + n) * 2;
    c->body = realloc(c->body, c->bcap);
  }
  memcpy(c->body + c->bl, d, n);
  c->bl += n;
  bytes += n;
  if (stream) {
    for (;;) {
      char *p = memmem(c->body + c->scan, c->bl - c->scan, "tok", 3);
      if (!p) {
        if (c->bl > 2 && c->bl - 2 > c->scan) {
          c->scan = c->bl - 2;
        }
        break;
      }
      size_t o = p - c->body;
      if (c->bl - o < 25) {
        c->scan = o;
        break;
      }
      if (p[8] != '@') {
        c->scan = o + 3;
        continue;
      }
      int k = atoi(p + 3);
      long long ts = strtoll(p + 9, 0, 10);
      if (k != c->ntok) {
        c->bad = 1;
      }
      c->ntok++;
      if (!c->tf) {
        c->tf = t;
      }
      if (t > tmeas && t < tend) {
        pv(&chk, (t - ts) / 1e3);
      }
      c->scan = o + 25;
    }
  } else if (!c->tf) {
    c->tf = t;
  }
}
static int fin(C *c, int64_t t) {
  int ok = c->status >= 200 && c->status < 300;
  if (stream && ok) {
    if (!(memmem(c->body, c->bl, "[DONE]", 6) || memmem(c->body, c->bl, "message_stop", 12) ||
          memmem(c->body, c->bl, "response.completed", 18)) ||
        (expect >= 0 && c->ntok != expect)) {
      ninc++;
      ok = 0;
    }
    if (c->bad) {
      nbad++;
      ok = 0;
    }
  }
  if (!ok && !errs[0]) {
    size_t k = c->bl < 200 ? c->bl : 200;
    size_t j = snprintf(errs, 100, "%d ", c->status);
    for (size_t i = 0; i < k && j < 400; i++) {
      errs[j++] = (c->body[i] == '"' || c->body[i] == '\\' || c->body[i] < 32) ? '\'' : c->body[i];
    }
    errs[j] = 0;
  }
  if (t > tmeas && t <= tend) {
    if (ok) {
      nok++;
      ntoks += c->ntok;
      pv(&lat, (t - c->t0) / 1e3);
      if (c->tf) {
        pv(&ttft, (c->tf - c->t0) / 1e3);
      }
    } else {
      nerr++;
    }
  }
  c->idle = 1;
  c->state = -2;
  return 1;
}
// feed body; returns 1 when complete
static int feed(C *c, const char *d, size_t n, int64_t t) {
  if (!c->chunked) {
    if (c->clen >= 0) {
      bodydata(c, d, n, t);
      return (long)c->bl >= c->clen;
    }
    bodydata(c, d, n, t);
    return 0;
  }
  size_t i = 0;
  while (i < n) {
    switch (c->cst) {
    case 0: {
      char ch = d[i++];
      if (ch == '\r') {
        break;
      }
      if (ch == '\n') {
        c->cst = c->cleft ? 1 : 4;
        break;
      }
      if (ch == ';') {
        c->cst = 5;
        break;
      }
      int v = ch >= 'a' ? ch - 'a' + 10 : ch >= 'A' ? ch - 'A' + 10 : ch - '0';
      c->cleft = c->cleft * 16 + v;
      break;
    }
    case 5:
      if (d[i++] == '\n') {
        c->cst = c->cleft ? 1 : 4;
      }
      break;
    case 1: {
      size_t k = n - i < (size_t)c->cleft ? n - i : (size_t)c->cleft;
      bodydata(c, d + i, k, t);
      i += k;
      c->cleft -= k;
      if (!c->cleft) {
        c->cst = 2;
      }
      break;
    }
    case 2:
      if (d[i++] == '\n') {
        c->cst = 0;
        c->cleft = 0;
      }
      break;
    case 4:
      if (d[i++] == '\n') {
        return 1;
      }
      break;
    }
  }
  return 0;
}
static int onread(C *c, const char *d, size_t n, int64_t t) { // 1 complete
  if (c->state == 0) {
    if (!c->hb) {
      c->hb = malloc(65536);
    }
    size_t k = n < 65535 - c->hl ? n : 65535 - c->hl;
    size_t old = c->hl;
    memcpy(c->hb + c->hl, d, k);
    c->hl += k;
    c->hb[c->hl] = 0;
    char *he = memmem(c->hb, c->hl, "\r\n\r\n", 4);
    if (!he) {
      return 0;
    }
    size_t hl = he - c->hb + 4;
    size_t used = hl - old;
    c->status = atoi(c->hb + 9);
    if (c->status == 100) {
      c->hl = 0;
      c->state = 0;
      return onread(c, d + used, n - used, t);
    }
    *he = 0;
    char *p;
    if ((p = strcasestr(c->hb, "\r\ncontent-length:"))) {
      c->clen = atol(p + 17);
    }
    if ((p = strcasestr(c->hb, "\r\ntransfer-encoding:")) && strcasestr(p, "chunked")) {
      c->chunked = 1;
    }
    if ((p = strcasestr(c->hb, "\r\nconnection:"))) {
      char *q = p + 13;
      while (*q == ' ') {
        q++;
      }
      if (!strncasecmp(q, "close", 5)) {
        c->conclose = 1;
      }
    }
    c->state = 1;
    if (!c->chunked && c->clen < 0) {
      c->eofbody = 1;
    }
    if (!c->chunked && c->clen == 0) {
      return 1;
    }
    if (n > used) {
      return feed(c, d + used, n - used, t);
    }
    return 0;
  }
  return feed(c, d, n, t);
}
int main(int ac, char **av) {
  signal(SIGPIPE, SIG_IGN);
  if (ac < 4) {
    return 2;
  }
  int port = atoi(av[1]);
  char *path = av[2], *bf = av[3];
  int conns = 16;
  double dur = 5, warm = 1, rate = 0;
  char hd[8192] = "";
  char *ip = "127.0.0.1";
  for (int i = 4; i < ac; i++) {
    if (!strcmp(av[i], "-c")) {
      conns = atoi(av[++i]);
    } else if (!strcmp(av[i], "-d")) {
      dur = atof(av[++i]);
    } else if (!strcmp(av[i], "-w")) {
      warm = atof(av[++i]);
    } else if (!strcmp(av[i], "-r")) {
      rate = atof(av[++i]);
    } else if (!strcmp(av[i], "-s")) {
      stream = 1;
    } else if (!strcmp(av[i], "-k")) {
      expect = atoi(av[++i]);
    } else if (!strcmp(av[i], "-H")) {
      strcat(hd, av[++i]);
      strcat(hd, "\r\n");
    } else if (!strcmp(av[i], "-a")) {
      ip = av[++i];
    }
  }
  FILE *f = fopen(bf, "rb");
  if (!f) {
    perror(bf);
    return 1;
  }
  fseek(f, 0, SEEK_END);
  long bl = ftell(f);
  rewind(f);
  char *b = malloc(bl + 1);
  if (fread(b, 1, bl, f) != (size_t)bl) {
    return 1;
  }
  req = malloc(bl + 16384);
  reql = sprintf(req,
                 "POST %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: lgen\r\nAccept: "
                 "*/*\r\nContent-Type: application/json\r\nContent-Length: %ld\r\n%s\r\n",
                 path, ip, port, bl, hd);
  memcpy(req + reql, b, bl);
  reql += bl;
  sa.sin_family = AF_INET;
  sa.sin_port = htons(port);
  inet_pton(AF_INET, ip, &sa.sin_addr);
  ep = epoll_create1(0);
  C *cs = calloc(conns, sizeof(C));
  int64_t ts = nowns();
  tmeas = ts + warm * 1e9;
  tend = tmeas + dur * 1e9;
  int64_t next = ts;
  int64_t iv = rate > 0 ? 1e9 / rate : 0;
  int *freel = malloc(conns * sizeof(int));
  int nf = 0;
  unsigned long long late = 0;
  for (int i = 0; i < conns; i++) {
    con(&cs[i]);
  }
  struct epoll_event ev[512];
  static char buf[262144];
  int64_t t = nowns();
  // pending open-loop arrivals
  int64_t *pend = malloc(1000000 * 8);
  size_t ph = 0, pt = 0;
  while ((t = nowns()) < tend) {
    struct timespec tso = {0, 0};
    int64_t to = tend - t;
    if (rate > 0) {
      if (next - t < to) {
        to = next - t;
      }
    }
    if (to < 0) {
      to = 0;
    }
    tso.tv_sec = to / 1000000000;
    tso.tv_nsec = to % 1000000000;
    int n = epoll_pwait2(ep, ev, 512, &tso, 0);
    t = nowns();
    if (rate > 0) {
      while (next <= t) {
        pend[pt++ % 1000000] = next;
        next += iv;
      }
    }
    for (int i = 0; i < n; i++) {
      C *c = ev[i].data.ptr;
      if (c->state == -1 && (ev[i].events & EPOLLOUT)) {
        int er = 0;
        socklen_t l = 4;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &er, &l);
        if (er) {
          close(c->fd);
          nerr++;
          usleep(2000);
          con(c);
          continue;
        }
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
        c->state = -2;
        c->idle = 1;
        if (rate <= 0) {
          begin(c, nowns());
        } else {
          freel[nf++] = c - cs;
        }
        continue;
      }
      if (c->state == 0 && (ev[i].events & EPOLLOUT) && c->woff < reql) {
        ssize_t k = send(c->fd, req + c->woff, reql - c->woff, MSG_NOSIGNAL);
        if (k > 0) {
          c->woff += k;
        }
        if (c->woff >= reql) {
          struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
          epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
        }
      }
      if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        ssize_t k = recv(c->fd, buf, sizeof buf, 0);
        t = nowns();
        if (k < 0 && errno == EAGAIN) {
          continue;
        }
        if (k <= 0) {
          int was = c->state;
          if (was == 1 && c->eofbody) {
            fin(c, t);
          } else if (was >= 0) {
            nerr++;
            if (!errs[0]) {
              strcpy(errs, "connection closed early");
            }
          } else { /*idle close*/
            for (int q = 0; q < nf; q++) {
              if (freel[q] == c - cs) {
                freel[q] = freel[--nf];
                break;
              }
            }
          }
          close(c->fd);
          nrec++;
          con(c);
          continue;
        }
        if (c->state < 0) {
          continue;
        }
        if (onread(c, buf, k, t)) {
          fin(c, t);
          if (c->conclose) {
            close(c->fd);
            nrec++;
            con(c);
          } else if (rate <= 0) {
            begin(c, nowns());
          } else {
            freel[nf++] = c - cs;
          }
        }
      }
    }
    if (rate > 0) {
      while (nf && ph < pt) {
        int64_t s = pend[ph++ % 1000000];
        C *c = &cs[freel[--nf]];
        if (nowns() - s > 2000000) {
          late++;
        }
        begin(c, s);
      }
    }
  }
  qsort(lat.v, lat.n, 8, cmp);
  qsort(ttft.v, ttft.n, 8, cmp);
  qsort(chk.v, chk.n, 8, cmp);
  double s = 0;
  for (size_t i = 0; i < lat.n; i++) {
    s += lat.v[i];
  }
  printf("{\"ok\":%llu,\"rps\":%.1f,\"errors\":%llu,\"out_of_order\":%llu,\"incomplete\":%llu,"
         "\"reconnects\":%llu,\"lat_us\":{\"mean\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,"
         "\"max\":%.1f},\"ttft_us\":{\"p50\":%.1f,\"p99\":%.1f},\"chunk_us\":{\"n\":%zu,\"p50\":%."
         "1f,\"p99\":%.1f},\"chunks_per_s\":%.0f,\"backlog\":%zu,\"late\":%llu,\"err\":\"%s\"}\n",
         nok, nok / dur, nerr, nbad, ninc, nrec, lat.n ? s / lat.n : -1, pc(&lat, .5), pc(&lat, .9),
         pc(&lat, .99), pc(&lat, 1), pc(&ttft, .5), pc(&ttft, .99), chk.n, pc(&chk, .5),
         pc(&chk, .99), ntoks / dur, pt - ph, late, errs);
  return 0;
}
