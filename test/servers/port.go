package servers

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports of servers, and those of cluster nodes 10,000 above them, lie below the ones
// that systems give to outgoing connections, from 32768 on Linux and 49152 on macOS:
// there, a connection could take the port of a server while it is down.
const lowestPort, highestPort = 12_000, 21_999

// listenAnywhere listens on a port of 127.0.0.1 that nobody has.
func listenAnywhere() (net.Listener, error) {
	for range 100 {
		listener, err := listen(localAddress(lowestPort + rand.IntN(highestPort-lowestPort+1)))
		if err == nil {
			return listener, nil
		}
	}
	return nil, errors.New("no free port was found on 127.0.0.1")
}

func listen(address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
}

// freePort returns a port on which nobody listens at this moment.
func freePort() (int, error) {
	listener, err := listenAnywhere()
	if err != nil {
		return 0, err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if err := listener.Close(); err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

func localAddress(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
