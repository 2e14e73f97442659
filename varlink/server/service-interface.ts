import { parseInterface } from '../idl/parse.js';

/** What every Varlink service implements: https://varlink.org/Service */
export const serviceInterfaceText = `# What every Varlink service can be asked
interface org.varlink.service

# Tells who made the service and what it implements
method GetInfo() -> (
	# Who made it
	vendor: string,
	# What it is called
	product: string,
	# Its version
	version: string,
	# Where to read about it
	url: string,
	# The names of the interfaces it implements
	interfaces: []string
)

# Gives the definition of an interface
method GetInterfaceDescription(
	# The name of the interface
	interface: string
) -> (
	# Its definition in the interface definition language
	description: string
)

# The service does not have the interface
error InterfaceNotFound (
	# The name asked for
	interface: string
)

# The interface does not have the method
error MethodNotFound (
	# The name asked for
	method: string
)

# The interface has the method, the service does not implement it
error MethodNotImplemented (
	# The name asked for
	method: string
)

# A parameter is missing, unknown or of the wrong type
error InvalidParameter (
	# Its name
	parameter: string
)

# The caller may not do that
error PermissionDenied ()

# The method can only be called with 'more'
error ExpectedMore ()

# The method can only be called with 'upgrade'
error ExpectedUpgrade ()
`;

export const serviceInterface = parseInterface(serviceInterfaceText);
