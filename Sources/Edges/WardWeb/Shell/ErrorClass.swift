// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import WardIdentity
import WardKernel

/// Which error page an error gets. A decision that a page should show is not an error; what arrives here was not
/// expected by the handler.
enum ErrorClass {
    static func failure(for error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case is NotFound: .notFound
        case is AccessDenied: .denied
        case is FormGuard.Refusal: .foreign
        case let bad as BadRequest: bad.reason == .tooLarge ? .tooLarge : .bad
        case is NotSignedIn: .denied
        case let error as IdentityError: error == .unknownAccount || error == .unknownSession ? .notFound : .bad
        case let error as HTTPError: http(error)
        case let error as any TransientFailure: error.isTransient ? .away : .broken
        default: .broken
        }
    }

    private static func http(_ error: HTTPError) -> Failure {
        switch error.status.code {
        case 404, 405: .notFound
        case 413: .tooLarge
        case 400..<500: .bad
        default: .broken
        }
    }
}
