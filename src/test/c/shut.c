/* Says that nothing more will be sent by the socket that is its standard input, whoever else has that. */
#include <sys/socket.h>

int main(void) {
    return shutdown(0, SHUT_WR);
}
