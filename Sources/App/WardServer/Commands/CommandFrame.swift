// SPDX-License-Identifier: Apache-2.0

// The protocol of the data directory's socket
//
// A client connects to `ward.sock`, whose folder only its owner may enter, and is known by the peer credentials that the
// kernel gives (SO_PEERCRED, unix(7)). Frames go both ways: four bytes of length, most significant first, then that
// many bytes of JSON, at most 1 MiB.
//
//   client → server   arguments            once, first: the words behind `ward`, and what the terminal can do
//   server → client   line, problem, progress, endProgress
//   server → client   read(path)           asks for the next chunk of a file that stands among the client's arguments
//   client → server   chunk | end | failed
//   server → client   write(path, bytes)   the client writes the file with its own rights and answers end | failed
//   server → client   exit(status)         last; then the server closes
//
// The client reads and writes only paths that are among its own arguments, so that a server cannot ask for others.
// When the client goes away, its command is cancelled.

import Foundation
import NIOCore

/// One message on the data directory's socket.
enum CommandFrame: Codable, Equatable, Sendable {
    case arguments([String], isTerminal: Bool, width: Int)
    case line(String)
    case problem(String)
    case progress(String)
    case endProgress
    case read(String)
    case write(String, Data)
    case chunk(Data)
    case end
    case failed(String)
    case exit(Int32)
}

/// Frames to bytes and back.
final class CommandFrameCodec: ByteToMessageDecoder, MessageToByteEncoder {
    typealias InboundOut = CommandFrame
    typealias OutboundIn = CommandFrame

    static let largestFrame = 1 << 20

    struct FrameTooLarge: Error {}

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return .needMoreData }
        guard length <= Self.largestFrame else { throw FrameTooLarge() }
        guard buffer.readableBytes >= 4 + Int(length) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 4)
        let bytes = buffer.readBytes(length: Int(length)) ?? []
        context.fireChannelRead(wrapInboundOut(try JSONDecoder().decode(CommandFrame.self, from: Data(bytes))))
        return .continue
    }

    func encode(data: CommandFrame, out: inout ByteBuffer) throws {
        let bytes = try JSONEncoder().encode(data)
        guard bytes.count <= Self.largestFrame else { throw FrameTooLarge() }
        out.writeInteger(UInt32(bytes.count))
        out.writeBytes(bytes)
    }
}
