// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardDelivery
package import WardKernel
package import WardSMTP
package import WardTrust

/// What `ward serve` always takes from the real world, and the demonstration and tests give: none of it is a setting, so
/// that no configuration can make Ward believe a certificate authority of somebody's own.
package struct OutsideWorld: Sendable {
    package var surroundings: Surroundings
    /// The demonstration's menu of seeded people.
    package var allowsSwitchingPerson: Bool
    /// Whose certificates the SMTP client believes.
    package var roots: TrustRoots
    /// Nil takes the system's.
    package var resolver: (any Resolver)?
    package var delivery: DeliveryConfiguration
    package var timeouts: SMTPTimeouts

    package static var real: OutsideWorld {
        OutsideWorld(
            surroundings: .machine,
            allowsSwitchingPerson: false,
            roots: .system,
            resolver: nil,
            delivery: DeliveryConfiguration(),
            timeouts: .standard
        )
    }

    package init(
        surroundings: Surroundings,
        allowsSwitchingPerson: Bool,
        roots: TrustRoots,
        resolver: (any Resolver)?,
        delivery: DeliveryConfiguration,
        timeouts: SMTPTimeouts
    ) {
        self.surroundings = surroundings
        self.allowsSwitchingPerson = allowsSwitchingPerson
        self.roots = roots
        self.resolver = resolver
        self.delivery = delivery
        self.timeouts = timeouts
    }
}
